using DyT.Data.Images;

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
        return Sum(step, microShards, microShard =>
        {
            sampler.Windows(step - 1, microShard, offsets);
            return offsets;
        });
    }

    /// <summary>Of a whole step over images, as it must come out; their numbers stand where windows have their offsets.</summary>
    public static ulong Expected(ImageSampler sampler, long step, int microShards, int microBatch)
    {
        var (images, keys) = (new long[microBatch], new ulong[microBatch]);
        return Sum(step, microShards, microShard =>
        {
            sampler.Images(step - 1, microShard, images, keys);
            return images;
        });
    }

    public static string Format(ulong digest) => digest.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    private static ulong Sum(long step, int microShards, Func<int, long[]> samples)
    {
        ulong sum = 0;
        for (var microShard = 0; microShard < microShards; microShard++)
            sum = unchecked(sum + Of(step, microShard, samples(microShard)));
        return sum;
    }
}
