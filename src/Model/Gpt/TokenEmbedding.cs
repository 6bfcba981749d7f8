using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Rows of a table by token. Backward adds the gradient's rows straight into the gradient that <see cref="ParameterSet"/> preset: libtorch makes one as
/// large as the table, zeros for the most part, and adds that.
/// </summary>
internal sealed unsafe class TokenEmbedding(Tensor table) : IBackward
{
    // About as many additions as it takes to repay waking a thread.
    private const int AdditionsPerThread = 16384;

    /// <summary>tokens [B, T] int64 to [B, T, C].</summary>
    public Tensor Forward(Tensor tokens)
    {
        Tensor rows;
        using (no_grad())
            rows = table.index_select(0, tokens.view(-1)).view(tokens.shape[0], tokens.shape[1], table.shape[1]);
        return Autograd.Record(rows, [table], [tokens], this);
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var tokens = saved[0].contiguous();
        var rows = gradOutput.contiguous();
        var arguments = new TokenRowsArguments
        {
            Count = checked((int)tokens.numel()),
            Width = (int)table.shape[1],
            Tokens = (long*)TensorMemory.Of(tokens),
            Rows = (float*)TensorMemory.Of(rows),
            Table = (float*)TensorMemory.Of(table.grad!),
        };
        TorchThreads.For(TokenRows.Strips(arguments.Width), Math.Max(1, AdditionsPerThread / (TokenRows.Strip * arguments.Count)), &TokenRows.Add, &arguments);
    }
}
