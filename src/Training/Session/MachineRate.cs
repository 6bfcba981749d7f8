using System.Diagnostics;
using DyT.Config;
using DyT.Model;
using TorchSharp;

namespace DyT.Training.Session;

/// <summary>The machine's own limit for this process: its measured matrix-multiply rate, the denominator of MFU.</summary>
public static class MachineRate
{
    private const int Size = 1024;
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AgainBudget = TimeSpan.FromMilliseconds(20);
    private const double LeastGain = 1.2; // bf16 also costs passes that round and widen

    /// <summary>FLOP/s (a multiply-add counts two) of products of [1024, 1024] on this process' torch threads: the best of some repetitions.</summary>
    public static double Measure(ProductKind products = ProductKind.Fp32) => Best(Budget, products);

    /// <summary>
    /// An estimate at least as good as the one that is known: when a worker starts, others start beside it and the runtime compiles, so that the first one is often too low
    /// and shares of it too high.
    /// </summary>
    public static double Improve(double known, ProductKind products) => Math.Max(known, Best(AgainBudget, products));

    /// <summary>Rate of products in bf16 over that of fp32, in turns, so that what else goes on meanwhile slows both down.</summary>
    public static double Bf16Gain()
    {
        var (bf16, fp32) = (0.0, 0.0);
        for (var turn = 0; turn < 3; turn++)
        {
            bf16 = Improve(bf16, ProductKind.Bf16);
            fp32 = Improve(fp32, ProductKind.Fp32);
            if (bf16 < fp32 / 2)
                break; // no instructions for it: each product takes long, and it is plain already
        }

        return bf16 / fp32;
    }

    /// <summary>Whether products in bf16 save time on a machine of such a <see cref="Bf16Gain"/>.</summary>
    public static bool Bf16Pays(double gain) => gain >= LeastGain;

    private static double Best(TimeSpan budget, ProductKind products)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var type = TensorProducts.TypeOf(products);
        var a = torch.full([Size, Size], 0.5f, dtype: type);
        var b = torch.full([Size, Size], 0.25f, dtype: type);
        const double flops = 2.0 * Size * Size * Size;
        var best = 0.0;
        var begin = Stopwatch.GetTimestamp();
        do
        {
            var start = Stopwatch.GetTimestamp();
            using var product = TensorProducts.Of(a, b);
            best = Math.Max(best, flops / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(begin) < budget);
        return best;
    }
}
