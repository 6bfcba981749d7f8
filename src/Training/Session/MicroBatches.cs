using DyT.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Training.Session;

/// <summary>Reads windows of the token shard as pairs of input and target tensors.</summary>
public sealed class MicroBatches(TokenShard shard, int block)
{
    private long[] _window = [];

    /// <summary>Windows at these token offsets: inputs and targets (the inputs shifted by one), both int64 [B, T].</summary>
    /// <remarks>The caller owns both tensors.</remarks>
    public (Tensor Inputs, Tensor Targets) Read(ReadOnlySpan<long> offsets)
    {
        var inputs = new long[offsets.Length, block];
        var targets = new long[offsets.Length, block];
        if (_window.Length != block + 1)
            _window = new long[block + 1];
        for (var b = 0; b < offsets.Length; b++)
        {
            shard.Read(offsets[b], _window);
            for (var t = 0; t < block; t++)
            {
                inputs[b, t] = _window[t];
                targets[b, t] = _window[t + 1];
            }
        }

        return (tensor(inputs), tensor(targets));
    }
}
