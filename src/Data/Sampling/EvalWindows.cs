namespace DyT.Data;

/// <summary>The windows of an evaluation: back to back from the start of the text, in batches; the last batch may be smaller.</summary>
public sealed class EvalWindows
{
    private readonly int _block;
    private readonly int _microBatch;
    private readonly long _windows;

    /// <param name="tokenCount">Tokens of the validation text.</param>
    /// <param name="block">Tokens scored by one window.</param>
    /// <param name="microBatch">Windows of one batch.</param>
    /// <param name="maxBatches">Use so many batches at most; 0: all of the text.</param>
    public EvalWindows(long tokenCount, int block, int microBatch, int maxBatches)
    {
        if (tokenCount < block + 1)
            throw new DataException($"the validation text has {tokenCount} tokens, fewer than one window of model.block + 1 = {block + 1}: use more text, a larger data.val_fraction or a smaller block");
        _block = block;
        _microBatch = microBatch;
        _windows = (tokenCount - 1) / block;
        if (maxBatches > 0)
            _windows = Math.Min(_windows, (long)maxBatches * microBatch);
    }

    public int BatchCount => (int)((_windows + _microBatch - 1) / _microBatch);

    /// <summary>Tokens that are scored in all.</summary>
    public long Tokens => _windows * _block;

    /// <summary>Token offsets of a batch's windows.</summary>
    public long[] Offsets(int batch)
    {
        var first = (long)batch * _microBatch;
        var offsets = new long[(int)Math.Min(_microBatch, _windows - first)];
        for (var i = 0; i < offsets.Length; i++)
            offsets[i] = (first + i) * _block;
        return offsets;
    }
}
