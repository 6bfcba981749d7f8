using System.Runtime.InteropServices;
using DyT.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Training.Session;

/// <summary>Reads windows of the token shard as pairs of input and target tensors, straight into their memory.</summary>
public sealed class MicroBatches(TokenShard shard, int block)
{
    /// <summary>Windows at these token offsets: inputs and targets (the inputs shifted by one), both int64 [B, T].</summary>
    /// <remarks>The caller owns both tensors.</remarks>
    public (Tensor Inputs, Tensor Targets) Read(ReadOnlySpan<long> offsets)
    {
        var inputs = empty([offsets.Length, block], ScalarType.Int64);
        var targets = empty([offsets.Length, block], ScalarType.Int64);
        // Both are new and contiguous: their memory, not copies.
        var inputRows = MemoryMarshal.Cast<byte, long>(inputs.bytes);
        var targetRows = MemoryMarshal.Cast<byte, long>(targets.bytes);
        for (var b = 0; b < offsets.Length; b++)
        {
            shard.Read(offsets[b], inputRows.Slice(b * block, block));
            shard.Read(offsets[b] + 1, targetRows.Slice(b * block, block));
        }

        return (inputs, targets);
    }
}
