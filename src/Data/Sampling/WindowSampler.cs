namespace DyT.Data;

/// <summary>
/// Which windows of the token stream make a micro-batch: a pure function of (seed, step, micro-shard), with no state and no memory. Every window is seen
/// exactly once an epoch, whatever the number of workers and however it changes.
/// </summary>
/// <remarks>
/// Sample g = (step V + m) B + j of the run is window perm_e(g mod W) of epoch e = g / W. Windows start at shift_e + i * block; the shift differs from epoch
/// to epoch, so that their borders do too.
/// </remarks>
public sealed class WindowSampler
{
    private readonly ulong _seed;
    private readonly int _block;
    private readonly int _microBatch;
    private readonly int _microShards;

    public WindowSampler(long seed, long tokenCount, int block, int microBatch, int microShards)
    {
        if (tokenCount < block + 1)
            throw new DataException($"the training text has {tokenCount} tokens, fewer than one window of model.block + 1 = {block + 1}: use more text or a smaller block");
        _seed = (ulong)seed;
        _block = block;
        _microBatch = microBatch;
        _microShards = microShards;

        // Room for every shift below block, except where the text is shorter than two windows: then nothing shifts.
        WindowsPerEpoch = Math.Max(1, (tokenCount - block) / block);
        Shifts = Math.Min(block, tokenCount - WindowsPerEpoch * block);
    }

    /// <summary>W: windows of one epoch.</summary>
    public long WindowsPerEpoch { get; }

    /// <summary>Shifts that an epoch's windows may have: 0 up to this, exclusive.</summary>
    public long Shifts { get; }

    /// <summary>Fills the token offsets of the windows of one micro-batch; each window reads block + 1 tokens.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="microShard">0..V-1.</param>
    /// <param name="offsets">As many as the micro-batch has sequences.</param>
    public void Windows(long step, int microShard, Span<long> offsets)
    {
        if (step < 0 || (uint)microShard >= (uint)_microShards || offsets.Length != _microBatch)
            throw new ArgumentOutOfRangeException(nameof(step), $"step {step}, micro-shard {microShard} of {_microShards}, {offsets.Length} offsets for {_microBatch} sequences");
        for (var j = 0; j < offsets.Length; j++)
        {
            var sample = checked((step * _microShards + microShard) * _microBatch + j);
            var (epoch, position) = Math.DivRem(sample, WindowsPerEpoch);
            var window = new Permutation(WindowsPerEpoch, Mixing.Of(_seed, (ulong)epoch, 1)).Of(position);
            offsets[j] = Shift(epoch) + window * _block;
        }
    }

    /// <summary>Epochs that are over when <paramref name="steps"/> steps are done; the fraction counts.</summary>
    public double EpochsAfter(long steps) => (double)steps * _microShards * _microBatch / WindowsPerEpoch;

    private long Shift(long epoch) => (long)(Mixing.Of(_seed, (ulong)epoch, 2) % (ulong)Shifts);
}
