using System.Diagnostics;
using TorchSharp;

namespace DyT.Training.Session;

/// <summary>The machine's own limit for this process: its measured matrix-multiply rate, the denominator of MFU.</summary>
public static class MachineRate
{
    private const int Size = 1024;
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(100);

    /// <summary>FLOP/s (a multiply-add counts two) of fp32 products of [1024, 1024] on this process' torch threads: the best of some repetitions.</summary>
    public static double Measure()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var a = torch.full([Size, Size], 0.5f);
        var b = torch.full([Size, Size], 0.25f);
        const double flops = 2.0 * Size * Size * Size;
        var best = 0.0;
        var begin = Stopwatch.GetTimestamp();
        do
        {
            var start = Stopwatch.GetTimestamp();
            using var product = torch.mm(a, b);
            best = Math.Max(best, flops / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(begin) < Budget);
        return best;
    }
}
