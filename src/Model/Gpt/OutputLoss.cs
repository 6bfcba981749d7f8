using DyT.Config;
using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Output layer, softmax and mean negative log-likelihood as one operation, a piece of the rows at a time, so that logits [B T, V] and their like never stand
/// in memory at once. Also when gradients are wanted: a piece's logits turn into their gradient in place, and that into the gradients of the hidden states
/// and the weight, before the next piece comes.
/// </summary>
/// <remarks>
/// So the weight's gradient is added to during the forward pass already, and the loss must be where backward begins, with gradient 1. The hidden states'
/// gradient waits for backward.
/// </remarks>
/// <param name="weight">[V, C].</param>
/// <param name="slot">Of the weight's gradient; null: always added to.</param>
/// <param name="mostLogits">In memory at once.</param>
/// <param name="products">Numbers in which matrices are multiplied where the weight has a gradient; the softmax is fp32 in any case, of logits that are rounded then.</param>
internal sealed unsafe class OutputLoss(Tensor weight, GradientSlot? slot = null, int mostLogits = OutputLoss.MostLogits, ProductKind products = ProductKind.Fp32) : IBackward
{
    /// <summary>Logits of a piece, 64 MiB: small beside the model, yet so many rows that reading the weight again for each piece does not matter.</summary>
    public const int MostLogits = 1 << 24;
    private const int RowMultiple = 16;

    private double[] _losses = []; // of one call's rows; kept, since each would be as large as the last

    private bool IsRounded => products == ProductKind.Bf16 && weight.requires_grad;

    /// <summary>hidden [..., C], targets [...] int64; gives the mean over all rows in nats, a scalar.</summary>
    /// <param name="hidden">What the output layer reads.</param>
    /// <param name="targets">Each in [0, V).</param>
    /// <param name="smoothing">Share of the target's probability that is spread over all V (arXiv 1512.00567).</param>
    public Tensor Forward(Tensor hidden, Tensor targets, double smoothing = 0)
    {
        var wantsGradient = is_grad_enabled() && weight.requires_grad;
        using var noGrad = no_grad();
        var (vocab, width) = (weight.shape[0], weight.shape[1]);
        var h = hidden.reshape(-1, width); // [N, C]
        var wanted = targets.reshape(-1).contiguous();
        var rows = checked((int)h.shape[0]);
        CheckTargets(wanted, vocab);

        var piece = PieceRows(rows, checked((int)vocab), mostLogits);
        if (_losses.Length < rows)
            _losses = new double[rows];
        var hiddenGradient = wantsGradient ? empty_like(h) : null;
        using var buffer = empty(piece, vocab);
        using var factor = IsRounded ? Bf16Products.Round(weight) : weight.alias();
        for (var start = 0; start < rows; start += piece)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(piece, rows - start);
            var logits = buffer.narrow(0, 0, count);
            var hs = h.narrow(0, start, count);
            if (IsRounded)
                hs = Bf16Products.Round(hs);
            Bf16Products.AddTo(logits, hs, factor.t(), beta: 0);
            fixed (double* into = _losses)
            {
                var arguments = new SoftmaxLossArguments
                {
                    Vocab = (int)vocab,
                    Logits = (float*)TensorMemory.Of(logits),
                    Targets = (long*)TensorMemory.Of(wanted) + start,
                    Losses = into + start,
                    Scale = wantsGradient ? 1f / rows : 0,
                    Smoothing = (float)smoothing,
                };
                TorchThreads.For(count, Math.Max(1, 8192 / (int)vocab), &SoftmaxLossKernel.Row, &arguments);
            }

            if (hiddenGradient is null)
                continue;
            var gradient = IsRounded ? Bf16Products.Round(logits) : logits;
            Bf16Products.AddTo(hiddenGradient.narrow(0, start, count), gradient, factor, beta: 0);
            Bf16Products.AddTo(weight.grad!, gradient.t(), hs, beta: slot?.TakeBeta() ?? 1);
        }

        var sum = 0.0; // in the rows' order
        foreach (var one in _losses.AsSpan(0, rows))
            sum += one;
        var loss = tensor((float)(sum / rows));
        if (hiddenGradient is null)
            return loss;
        using var grad = enable_grad();
        return Autograd.Record(loss, [hidden, weight], [hiddenGradient.view(hidden.shape)], this);
    }

    /// <summary>[N, C] to logits [N, V], in the numbers that the loss has them in. Without gradients.</summary>
    public Tensor Logits(Tensor rows)
    {
        using var noGrad = no_grad();
        return IsRounded ? Bf16Products.Widen(Bf16Products.Round(rows).mm(Bf16Products.Round(weight).t())) : TensorProducts.Of(rows, weight.t());
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        if (gradOutput.item<float>() != 1f)
            throw new InvalidOperationException("backward must begin at the model's loss, with gradient 1: its weight's gradient was added during forward");
        gradients[0] = saved[0];
    }

    /// <summary>Rows of a piece, from the shape alone: pieces of about the same size.</summary>
    public static int PieceRows(int rows, int vocab, int mostLogits = MostLogits)
    {
        var most = Math.Max(RowMultiple, mostLogits / vocab);
        var pieces = (rows + most - 1) / most;
        return Math.Min(rows, ((rows + pieces - 1) / pieces + RowMultiple - 1) / RowMultiple * RowMultiple);
    }

    private static void CheckTargets(Tensor targets, long vocab)
    {
        foreach (var target in new ReadOnlySpan<long>(TensorMemory.Of(targets), (int)targets.numel()))
        {
            if (target < 0 || target >= vocab)
                throw new ArgumentOutOfRangeException(nameof(targets), target, $"a target outside the vocabulary of {vocab}");
        }
    }
}
