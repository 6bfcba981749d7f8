namespace DyT.EndToEnd.Tests;

/// <summary>A folder of a test's own, gone when the test ends.</summary>
internal sealed class Scratch : IDisposable
{
    public Scratch() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "dyt-" + Guid.NewGuid().ToString("N"));

    public string File(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <summary>The one run in the scratch folder, or the newest of several.</summary>
    public string NewestRun() => Directory.GetDirectories(Folder).Where(d => System.IO.File.Exists(Path.Combine(d, "config.yaml"))).MaxBy(Directory.GetCreationTimeUtc)
        ?? throw new DirectoryNotFoundException($"no run in {Folder}");

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
