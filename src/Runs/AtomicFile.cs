namespace DyT.Runs;

/// <summary>Files that are the old or the new one at any time, whoever dies in between. One writer at a time.</summary>
public static class AtomicFile
{
    public static void Write(string path, byte[] content) => Write(path, aside => File.WriteAllBytes(aside, content));

    public static void Write(string path, string content) => Write(path, aside => File.WriteAllText(aside, content));

    /// <param name="path">The file.</param>
    /// <param name="write">Writes it at the path that it is given; when it throws, the old file stays.</param>
    public static void Write(string path, Action<string> write)
    {
        var aside = path + ".new";
        write(aside);
        File.Move(aside, path, overwrite: true);
    }
}
