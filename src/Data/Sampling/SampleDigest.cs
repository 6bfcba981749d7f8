namespace DyT.Data;

/// <summary>
/// One number for the samples of a step: the sum (modulo 2^64) of a hash of each micro-shard with its windows. A micro-shard that was left out, taken twice
/// or fed with other windows changes it.
/// </summary>
public static class SampleDigest
{
    /// <summary>Of one micro-shard; <paramref name="offsets"/> are its windows, <paramref name="step"/> counts from 1.</summary>
    public static ulong Of(long step, int microShard, ReadOnlySpan<long> offsets)
    {
        var hash = KeyedHash.Combine((ulong)step, (ulong)microShard);
        foreach (var offset in offsets)
            hash = KeyedHash.Combine(hash, (ulong)offset);
        return hash;
    }

    /// <summary>Of a whole step, as it must come out.</summary>
    public static ulong Expected(WindowSampler sampler, long step, int microShards, int microBatch)
    {
        var offsets = new long[microBatch];
        ulong sum = 0;
        for (var microShard = 0; microShard < microShards; microShard++)
        {
            sampler.Windows(step - 1, microShard, offsets);
            sum = unchecked(sum + Of(step, microShard, offsets));
        }

        return sum;
    }

    public static string Format(ulong digest) => digest.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
