namespace DyT.Architecture.Tests;

/// <summary>The checkout that the tests run in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DyT.Distributed.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("the tests run outside of a checkout");
    }
}
