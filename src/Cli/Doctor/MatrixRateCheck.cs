using System.Globalization;
using DyT.Training.Session;

namespace DyT.Cli.Doctor;

/// <summary>The machine's matrix-multiply rate on one thread: what training speed (MFU) is measured against.</summary>
public sealed class MatrixRateCheck : ICheck
{
    private const double SlowGflops = 10;

    public string Name => "matrix multiply";

    public Finding Run()
    {
        try
        {
            TorchSetup.Apply(threads: 1);
            return Judge(MachineRate.Measure() / 1e9);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            return Finding.Fail("not measured", "mend the native libraries first.");
        }
    }

    public static Finding Judge(double gflops)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"{gflops:0} GFLOP/s on one thread (fp32)");
        return gflops < SlowGflops
            ? Finding.Warn(what, "far below what one core gives: the machine is busy, throttled, or lacks vector instructions.")
            : Finding.Ok(what);
    }
}
