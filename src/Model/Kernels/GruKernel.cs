using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>One position of a GRU in one sequence: n = tanh(x_n + r s_n), h = n + z (h' - n), with r and z sigmoids of the sums x + s; and its derivatives.</summary>
internal static unsafe class GruKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(void* arguments, int row)
    {
        ref readonly var a = ref *(RecurrentArguments*)arguments;
        var width = a.Width;
        var inputs = a.At(a.Inputs, row, 3);
        var sums = a.Sums + (nint)row * 3 * width;
        var gates = a.At(a.Gates, row, 4);
        var output = a.At(a.Output, row, 1);
        for (var c = 0; c < width; c += Count)
        {
            var n = Math.Min(Count, width - c);
            var r = RowPart.Sigmoid(RowPart.Load(inputs + c, n) + RowPart.Load(sums + c, n));
            var z = RowPart.Sigmoid(RowPart.Load(inputs + width + c, n) + RowPart.Load(sums + width + c, n));
            var s = RowPart.Load(sums + 2 * width + c, n);
            var candidate = VectorMath.Tanh(Fma(r, s, RowPart.Load(inputs + 2 * width + c, n)));
            var before = a.Step > 0 ? RowPart.Load(output - width + c, n) : Vector512<float>.Zero;
            RowPart.Store(gates + c, r, n);
            RowPart.Store(gates + width + c, z, n);
            RowPart.Store(gates + 2 * width + c, candidate, n);
            RowPart.Store(gates + 3 * width + c, s, n);
            RowPart.Store(output + c, Fma(z, before - candidate, candidate), n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int row)
    {
        ref readonly var a = ref *(RecurrentArguments*)arguments;
        var width = a.Width;
        var one = Vector512<float>.One;
        var gates = a.At(a.Gates, row, 4);
        var output = a.At(a.Output, row, 1);
        var gradOut = a.At(a.GradOut, row, 1);
        var gradInputs = a.At(a.GradInputs, row, 3);
        var gradSums = a.At(a.GradSums, row, 3);
        var gradHidden = a.GradHidden + (nint)row * width;
        for (var c = 0; c < width; c += Count)
        {
            var n = Math.Min(Count, width - c);
            var r = RowPart.Load(gates + c, n);
            var z = RowPart.Load(gates + width + c, n);
            var candidate = RowPart.Load(gates + 2 * width + c, n);
            var s = RowPart.Load(gates + 3 * width + c, n);
            var before = a.Step > 0 ? RowPart.Load(output - width + c, n) : Vector512<float>.Zero;
            var dh = RowPart.Load(gradOut + c, n) + RowPart.Load(gradHidden + c, n);
            var dn = dh * (one - z) * (one - candidate * candidate);
            var dr = dn * s * r * (one - r);
            var dz = dh * (before - candidate) * z * (one - z);
            RowPart.Store(gradInputs + c, dr, n);
            RowPart.Store(gradInputs + width + c, dz, n);
            RowPart.Store(gradInputs + 2 * width + c, dn, n);
            RowPart.Store(gradSums + c, dr, n);
            RowPart.Store(gradSums + width + c, dz, n);
            RowPart.Store(gradSums + 2 * width + c, dn * r, n);
            RowPart.Store(gradHidden + c, dh * z, n);
        }
    }
}
