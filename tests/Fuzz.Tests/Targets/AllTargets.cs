using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Every reader of bytes from outside, by name; made when first asked for, since some write files.</summary>
internal static class AllTargets
{
    private static readonly Lazy<Dictionary<string, FuzzTarget>> ByName = new(() => Make().ToDictionary(t => t.Name));

    public static TheoryData<string> Names => [.. ByName.Value.Keys];

    public static FuzzTarget Find(string name) => ByName.Value[name];

    private static IEnumerable<FuzzTarget> Make() =>
    [
        .. DataPlaneTargets.All(),
        ControlTargets.Messages(),
        .. ShardTargets.All(),
        .. ImageTargets.All(),
        .. PairTargets.All(),
        .. CheckpointTargets.All(),
        RunTargets.Events(),
        RunTargets.Ledger(),
        RunTargets.TracePart(),
        .. ConfigTargets.All(),
        .. TokenizerTargets.All(),
        .. DocumentTargets.All(),
    ];
}
