using System.Globalization;
using DyT.Config;
using DyT.Model;
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
            return Judge(MachineRate.Measure() / 1e9, MachineRate.Measure(ProductKind.Bf16) / 1e9, TensorProducts.IsOwnKernel);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            return Finding.Fail("not measured", "mend the native libraries first.");
        }
    }

    /// <param name="fp32">GFLOP/s.</param>
    /// <param name="bf16">GFLOP/s.</param>
    /// <param name="isOwnKernel">Whether fp32's are of our own kernel.</param>
    public static Finding Judge(double fp32, double bf16, bool isOwnKernel)
    {
        var pays = MachineRate.Bf16Pays(bf16 / fp32) ? "pays" : "does not pay";
        var what = string.Create(CultureInfo.InvariantCulture, $"{fp32:0} GFLOP/s on one thread (fp32, by {(isOwnKernel ? "our own kernel" : "libtorch")}), {bf16:0} in bf16: train.products: bf16 {pays} here");
        return fp32 < SlowGflops
            ? Finding.Warn(what, "far below what one core gives: the machine is busy, throttled, or lacks vector instructions.")
            : Finding.Ok(what);
    }
}
