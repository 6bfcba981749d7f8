namespace DyT.EndToEnd.Tests;

/// <summary>Reads files that another process is writing.</summary>
internal static class SharedText
{
    public static string Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
