namespace DyT.Config.Tests;

/// <summary>The files that come with the project.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Configs => Path.Combine(Root, "configs");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DyT.Distributed.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No DyT.Distributed.sln above {AppContext.BaseDirectory}.");
    }
}
