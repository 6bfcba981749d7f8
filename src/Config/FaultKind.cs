namespace DyT.Config;

/// <summary>What 'dyt chaos' can do to a run.</summary>
public enum FaultKind
{
    /// <summary>SIGKILL to a worker's process; whoever supervises it starts it again.</summary>
    KillWorker,

    /// <summary>SIGSTOP, and SIGCONT after some seconds: a process that is there and does nothing.</summary>
    FreezeWorker,

    /// <summary>A worker is asked to leave in good order, and does not come back.</summary>
    DrainWorker,

    /// <summary>One more worker is started.</summary>
    JoinWorker,

    /// <summary>SIGKILL to the coordinator that is in charge.</summary>
    KillCoordinator,

    /// <summary>All data-plane connections of a worker are reset.</summary>
    CutConnections,

    /// <summary>A worker's data plane gets little bandwidth and a delay for some seconds.</summary>
    SlowLink,

    /// <summary>Nothing can be written to the run's folder for some seconds; needs a file system of its own, and so root.</summary>
    DiskFull,

    /// <summary>Some workers reach neither the others nor the coordinator for some seconds; needs network namespaces, and so root.</summary>
    Partition,
}

/// <summary>The kinds as words: snake_case, separated by commas.</summary>
public static class FaultKindNames
{
    /// <summary>Short for all kinds that need no special rights.</summary>
    public const string Usual = "usual";

    /// <summary>Short for all kinds.</summary>
    public const string Everything = "all";

    private static readonly FaultKind[] All = Enum.GetValues<FaultKind>();

    public static string Name(FaultKind kind) => Text.SnakeCase(kind.ToString());

    public static bool NeedsRoot(FaultKind kind) => kind is FaultKind.DiskFull or FaultKind.Partition;

    /// <returns>The kinds, each once and in the order of their declaration, and the first word that is none.</returns>
    public static (IReadOnlyList<FaultKind> Kinds, string? Unknown) Parse(string text)
    {
        var words = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return (
            [.. All.Where(kind => words.Contains(Name(kind)) || words.Contains(Everything) || words.Contains(Usual) && !NeedsRoot(kind))],
            words.FirstOrDefault(word => word is not (Usual or Everything) && !Array.Exists(All, kind => Name(kind) == word)));
    }

    /// <summary>What to say about a word that is no kind.</summary>
    internal static string Advice(string unknown)
    {
        string[] names = [.. All.Select(Name), Usual, Everything];
        var nearest = Text.Nearest(unknown, names);
        return $"'{Text.Excerpt(unknown)}' is no kind of fault{(nearest is null ? "" : $" (did you mean {nearest}?)")}; the kinds are {string.Join(", ", names)}.";
    }
}
