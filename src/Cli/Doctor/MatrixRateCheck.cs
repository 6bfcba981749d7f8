using System.Diagnostics;
using System.Globalization;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Cli.Doctor;

/// <summary>The machine's matrix-multiply rate on one thread: what training speed (MFU) is measured against.</summary>
public sealed class MatrixRateCheck : ICheck
{
    private const int Size = 1024;
    private const double SlowGflops = 10;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    public string Name => "matrix multiply";

    public Finding Run()
    {
        try
        {
            NativeRuntime.Load();
            return Judge(Measure() / 1e9);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            return Finding.Fail("not measured", "mend the native libraries first.");
        }
    }

    public static Finding Judge(double gflops)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"{gflops:0} GFLOP/s on one thread (fp32, n = {Size})");
        return gflops < SlowGflops
            ? Finding.Warn(what, "far below what one core gives: the machine is busy, throttled, or lacks vector instructions.")
            : Finding.Ok(what);
    }

    // FLOP/s, a multiply-add counting two; the best of the repetitions, since others only disturb.
    private static double Measure()
    {
        torch.set_num_threads(1);
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var a = torch.full([Size, Size], 0.5f);
        var b = torch.full([Size, Size], 0.25f);
        var best = 0.0;
        var begin = Stopwatch.GetTimestamp();
        do
        {
            var start = Stopwatch.GetTimestamp();
            using var product = torch.mm(a, b);
            best = Math.Max(best, 2.0 * Size * Size * Size / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(begin) < Budget);
        return best;
    }
}
