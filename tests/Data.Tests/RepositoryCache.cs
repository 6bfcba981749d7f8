namespace DyT.Data.Tests;

/// <summary>The cache in which <c>dyt data get</c> puts what it fetches, for tests on data that may be there.</summary>
internal static class RepositoryCache
{
    /// <summary>Null: these tests do not run inside the repository.</summary>
    public static string? Path { get; } = Find();

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "DyT.Distributed.sln"))) return System.IO.Path.Combine(folder.FullName, ".cache", "data");
        return null;
    }
}
