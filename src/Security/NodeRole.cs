namespace DyT.Security;

/// <summary>What a process is in a run, as its certificate says: the subject's common name.</summary>
public static class NodeRole
{
    public const string Coordinator = "dyt-coordinator";
    public const string Worker = "dyt-worker";
    private const string Prefix = "dyt-";

    /// <summary>The role as a word for people and paths.</summary>
    public static string Word(string role) => role.StartsWith(Prefix, StringComparison.Ordinal) ? role[Prefix.Length..] : role;
}
