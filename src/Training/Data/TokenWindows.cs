using System.Runtime.InteropServices;
using DyT.Data;
using DyT.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Training.Data;

/// <summary>Reads windows of a token shard straight into tensors' memory.</summary>
internal sealed class TokenWindows(TokenShard shard, int block)
{
    /// <summary>Windows at these token offsets: inputs, and targets (the inputs shifted by one), in the caller's dispose scope.</summary>
    public TextBatch Read(ReadOnlySpan<long> offsets)
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

        return new TextBatch(inputs, targets);
    }
}
