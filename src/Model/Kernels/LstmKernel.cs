using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>One position of an LSTM in one sequence: c = f c' + i g, h = o tanh(c), with i, f, o sigmoids and g a tanh of the sums; and its derivatives.</summary>
internal static unsafe class LstmKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(void* arguments, int row)
    {
        ref readonly var a = ref *(RecurrentArguments*)arguments;
        var width = a.Width;
        var gates = a.At(a.Gates, row, 4);
        var cell = a.At(a.Cells, row, 1);
        var output = a.At(a.Output, row, 1);
        for (var c = 0; c < width; c += Count)
        {
            var n = Math.Min(Count, width - c);
            var i = RowPart.Sigmoid(RowPart.Load(gates + c, n));
            var f = RowPart.Sigmoid(RowPart.Load(gates + width + c, n) + Vector512.Create(a.ForgetBias));
            var g = VectorMath.Tanh(RowPart.Load(gates + 2 * width + c, n));
            var o = RowPart.Sigmoid(RowPart.Load(gates + 3 * width + c, n));
            var state = i * g;
            if (a.Step > 0)
                state = Fma(f, RowPart.Load(cell - width + c, n), state);
            RowPart.Store(gates + c, i, n);
            RowPart.Store(gates + width + c, f, n);
            RowPart.Store(gates + 2 * width + c, g, n);
            RowPart.Store(gates + 3 * width + c, o, n);
            RowPart.Store(cell + c, state, n);
            RowPart.Store(output + c, o * VectorMath.Tanh(state), n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int row)
    {
        ref readonly var a = ref *(RecurrentArguments*)arguments;
        var width = a.Width;
        var one = Vector512<float>.One;
        var gates = a.At(a.Gates, row, 4);
        var cell = a.At(a.Cells, row, 1);
        var gradOut = a.At(a.GradOut, row, 1);
        var gradGates = a.At(a.GradInputs, row, 4);
        var gradHidden = a.GradHidden + (nint)row * width;
        var gradCell = a.GradCell + (nint)row * width;
        for (var c = 0; c < width; c += Count)
        {
            var n = Math.Min(Count, width - c);
            var i = RowPart.Load(gates + c, n);
            var f = RowPart.Load(gates + width + c, n);
            var g = RowPart.Load(gates + 2 * width + c, n);
            var o = RowPart.Load(gates + 3 * width + c, n);
            var t = VectorMath.Tanh(RowPart.Load(cell + c, n));
            var before = a.Step > 0 ? RowPart.Load(cell - width + c, n) : Vector512<float>.Zero;
            var dh = RowPart.Load(gradOut + c, n) + RowPart.Load(gradHidden + c, n);
            var dc = Fma(dh * o, one - t * t, RowPart.Load(gradCell + c, n));
            RowPart.Store(gradGates + c, dc * g * i * (one - i), n);
            RowPart.Store(gradGates + width + c, dc * before * f * (one - f), n);
            RowPart.Store(gradGates + 2 * width + c, dc * i * (one - g * g), n);
            RowPart.Store(gradGates + 3 * width + c, dh * t * o * (one - o), n);
            RowPart.Store(gradCell + c, dc * f, n);
            RowPart.Store(gradHidden + c, Vector512<float>.Zero, n);
        }
    }
}
