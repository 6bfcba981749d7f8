namespace DyT.Training.Session;

/// <summary>The seed of everything random inside one micro-batch (dropout): a pure function of (seed, step, micro-shard).</summary>
public static class StepSeed
{
    /// <summary>Not negative, as torch wants it. splitmix64 (Steele, Lea, Flood 2014) over the three numbers in turn.</summary>
    public static long Of(long seed, long step, int microShard) => (long)(Mix(Mix(Mix((ulong)seed) ^ (ulong)step) ^ (ulong)microShard) >> 1);

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
