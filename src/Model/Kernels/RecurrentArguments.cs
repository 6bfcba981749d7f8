using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DyT.Model.Kernels;

/// <summary>What <see cref="LstmKernel"/> and <see cref="GruKernel"/> read and write at one position of all sequences; all fp32. Handed to libtorch's threads by address.</summary>
internal unsafe struct RecurrentArguments
{
    public int Batch;
    public int Length;
    public int Width;

    /// <summary>The position, from 0.</summary>
    public int Step;

    /// <summary>Added to what enters the forget gate of an lstm.</summary>
    public float ForgetBias;

    /// <summary>
    /// [Batch, Length, 4 Width]. lstm: before forward the sums that enter the gates in, forget, cell and out, afterwards their values. gru: the values of reset, update and candidate,
    /// and what the last output brings to the candidate before the reset gate.
    /// </summary>
    public float* Gates;

    /// <summary>lstm: the cell states, [Batch, Length, Width].</summary>
    public float* Cells;

    /// <summary>[Batch, Length, Width].</summary>
    public float* Output;

    /// <summary>gru, forward: the projected inputs [Batch, Length, 3 Width].</summary>
    public float* Inputs;

    /// <summary>gru, forward: the projected last outputs, [Batch, 3 Width].</summary>
    public float* Sums;

    /// <summary>Backward: the output's gradient [Batch, Length, Width].</summary>
    public float* GradOut;

    /// <summary>Backward: gradient of the output as the next position used it, [Batch, Width]. Afterwards the part of the last position's output that does not pass the weight.</summary>
    public float* GradHidden;

    /// <summary>Backward, lstm: gradient of the cell state, [Batch, Width].</summary>
    public float* GradCell;

    /// <summary>Backward: gradient of the projected inputs, [Batch, Length, 4 or 3 Width].</summary>
    public float* GradInputs;

    /// <summary>Backward: gradient of the projected last outputs, [Batch, Length, 4 or 3 Width].</summary>
    public float* GradSums;

    /// <summary>Sequence <paramref name="row"/> at this position in values [Batch, Length, <paramref name="widths"/> Width].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float* At(float* values, int row, int widths) => values + ((nint)row * Length + Step) * widths * Width;
}

/// <summary>Rows that need not be whole vectors long.</summary>
internal static unsafe class RowPart
{
    /// <summary><paramref name="count"/> values, at most a vector's, then zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* from, int count) => count >= Lanes.Count ? Vector512.Load(from) : Tail<Fp32>.Load((byte*)from, count);

    /// <summary>The first <paramref name="count"/> values, at most a vector's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector512<float> values, int count)
    {
        if (count >= Lanes.Count)
            values.Store(to);
        else
            Tail<Fp32>.Store((byte*)to, values, count);
    }

    /// <summary>1 / (1 + exp(-v)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> v) => Lanes.Fma(VectorMath.Tanh(v * 0.5f), 0.5f, Vector512.Create(0.5f));
}
