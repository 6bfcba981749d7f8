namespace DyT.Bench;

/// <summary>A folder for a bench's files, removed with it.</summary>
internal sealed class ScratchFolder : IDisposable
{
    /// <param name="parent">Where: what is written there is measured; null for the system's temporary folder.</param>
    public ScratchFolder(string? parent = null) => Path = Directory.CreateDirectory(System.IO.Path.Combine(parent ?? System.IO.Path.GetTempPath(), $"dyt-bench-{Guid.NewGuid():N}")).FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
