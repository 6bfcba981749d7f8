using DyT.Data;

namespace DyT.Training.Session;

/// <summary>The seed of everything random inside one micro-batch (dropout): a pure function of (seed, step, micro-shard).</summary>
public static class StepSeed
{
    /// <summary>Not negative, as torch wants it.</summary>
    public static long Of(long seed, long step, int microShard) => (long)(Mixing.Of((ulong)seed, (ulong)step, (ulong)microShard) >> 1);
}
