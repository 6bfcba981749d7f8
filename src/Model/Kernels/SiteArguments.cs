using System.Runtime.InteropServices;

namespace DyT.Model.Kernels;

/// <summary>
/// What a kernel reads and writes: matrices of [Rows, Width] values one row after the other, and vectors of floats of the padded width. Handed to libtorch's
/// threads by address.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct SiteArguments
{
    public RowChunks Chunks;
    public int Width;

    /// <summary>Input [Rows, Width].</summary>
    public byte* X;

    /// <summary>Forward: the output; backward: the input's gradient. [Rows, Width].</summary>
    public byte* Out;

    /// <summary>Backward only: the output's gradient [Rows, Width].</summary>
    public byte* GradOut;

    /// <summary>gamma and beta, padded with zeros to <see cref="PaddedWidth"/>.</summary>
    public float* Gamma;

    public float* Beta;

    /// <summary>Curves: k and s.</summary>
    public float Scalar;

    public float Shift;

    /// <summary>Norms: mean and 1 / deviation of each row, [2, Rows]; forward writes what backward reads.</summary>
    public float* Statistics;

    public float Eps;

    /// <summary>Backward: per chunk the sums for gamma and then those for beta, [chunks, 2, PaddedWidth].</summary>
    public float* ChannelSums;

    /// <summary>Backward of curves: per chunk the sums for k and s, [chunks, 2].</summary>
    public double* ScalarSums;

    public readonly int PaddedWidth => Padded(Width);

    /// <summary>The values of the last, partly filled vector of a row; 0 when there is none.</summary>
    public readonly int Remainder => Width % Lanes.Count;

    public static int Padded(int width) => (width + Lanes.Count - 1) / Lanes.Count * Lanes.Count;

    public readonly float* GammaSums(int chunk) => ChannelSums + (nint)chunk * 2 * PaddedWidth;

    public readonly float* BetaSums(int chunk) => GammaSums(chunk) + PaddedWidth;
}
