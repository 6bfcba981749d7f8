namespace DyT.Fuzz.Tests.Targets;

/// <summary>Folders for readers that take paths; in memory where the system has a place for that, since every input is a write.</summary>
internal static class Scratch
{
    private const string InMemory = "/dev/shm";

    private static readonly string Root = Path.Combine(Directory.Exists(InMemory) ? InMemory : Path.GetTempPath(), $"dyt-fuzz-tests-{Guid.NewGuid():N}");

    static Scratch() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
    };

    public static string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
}
