using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// Which training images make micro-shard m of step s, and the key of everything that is random in how each is shown: a pure function of (seed, s, m).
/// Every image comes exactly once an epoch, with another key in every epoch, whatever the number of micro-shards (see <see cref="EpochOrder"/>).
/// </summary>
public sealed class ImageSampler
{
    private const ulong ShownAs = 0x73686F776E; // "shown"
    private readonly EpochOrder _order;

    /// <param name="seed">Seed of the run.</param>
    /// <param name="imageCount">Images in the training set.</param>
    /// <param name="microBatch">Images per micro-shard.</param>
    /// <param name="microShards">V: micro-shards in a step.</param>
    /// <exception cref="UserErrorException">There is no image.</exception>
    public ImageSampler(long seed, long imageCount, int microBatch, int microShards)
    {
        if (imageCount < 1) throw new UserErrorException("The training data has no image in it: name a data.source that has.");
        ImagesPerEpoch = imageCount;
        _order = new EpochOrder(seed, imageCount, microBatch, microShards);
    }

    /// <summary>N: images in an epoch.</summary>
    public long ImagesPerEpoch { get; }

    /// <summary>Epochs that are over when a step (from 0) begins, with the fraction.</summary>
    public double EpochOf(long step) => _order.EpochOf(step);

    /// <summary>Writes the images of a micro-shard.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="microShard">Micro-shard, 0..V-1.</param>
    /// <param name="images">(microBatch) numbers of images, 0..N-1.</param>
    /// <param name="keys">(microBatch) keys for <see cref="ImageBatch.Train"/>, one for each image and epoch.</param>
    public void Images(long step, int microShard, Span<long> images, Span<ulong> keys)
    {
        _order.Read(step, microShard, images, keys);
        for (var j = 0; j < images.Length; j++)
            keys[j] = KeyedHash.Combine(KeyedHash.Combine(keys[j], ShownAs), (ulong)images[j]);
    }
}
