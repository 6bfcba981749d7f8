using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DyT.Model.Native;

namespace DyT.Model.Kernels;

/// <summary>
/// Factors in the order in which the <see cref="MicroKernel"/> reads them: rows in panels of so many lanes, and in a panel one column after the other. The last panel's missing lanes are zero.
/// </summary>
internal static unsafe class Panels
{
    private const int Group = 4; // lanes, and columns, that are turned at once

    /// <param name="matrix">[rows, columns].</param>
    /// <param name="rows">Of the matrix.</param>
    /// <param name="columns">Of the matrix.</param>
    /// <param name="lanes">Rows of a panel, a multiple of <see cref="Group"/>.</param>
    /// <param name="to">Rows, rounded up to whole panels, times columns.</param>
    public static void Pack(Operand matrix, int rows, int columns, int lanes, float* to)
    {
        for (var row = 0; row < rows; row += lanes, to += lanes * columns)
        {
            var panel = matrix.From(row, 0);
            var filled = Math.Min(lanes, rows - row);
            if (filled < lanes)
                new Span<float>(to, lanes * columns).Clear();
            var whole = filled / Group * Group;
            if (panel.IsTransposed)
                Copy(panel.Start, panel.Stride, whole, columns, lanes, to);
            else
                Turn(panel.Start, panel.Stride, whole, columns, lanes, to);
            for (var lane = whole; lane < filled; lane++)
                One(panel, lane, columns, lanes, to);
        }
    }

    /// <summary>A column's lanes lie side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* from, int stride, int filled, int columns, int lanes, float* to)
    {
        for (var column = 0; column < columns; column++, from += stride, to += lanes)
        {
            var lane = 0;
            for (; lane + Vector512<float>.Count <= filled; lane += Vector512<float>.Count)
                Vector512.Load(from + lane).Store(to + lane);
            for (; lane < filled; lane += Group)
                Vector128.Load(from + lane).Store(to + lane);
        }
    }

    /// <summary>A lane's columns lie side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn(float* from, int stride, int filled, int columns, int lanes, float* to)
    {
        for (var lane = 0; lane < filled; lane += Group, from += (nint)Group * stride, to += Group)
        {
            var r0 = from;
            var r1 = r0 + stride;
            var r2 = r1 + stride;
            var r3 = r2 + stride;
            var into = to;
            var column = 0;
            for (; column + Group <= columns; column += Group, into += Group * lanes)
            {
                var (v0, v1, v2, v3) = (Vector128.Load(r0 + column), Vector128.Load(r1 + column), Vector128.Load(r2 + column), Vector128.Load(r3 + column));
                var (low01, low23) = (Sse.UnpackLow(v0, v1), Sse.UnpackLow(v2, v3));
                var (high01, high23) = (Sse.UnpackHigh(v0, v1), Sse.UnpackHigh(v2, v3));
                Sse.MoveLowToHigh(low01, low23).Store(into);
                Sse.MoveHighToLow(low23, low01).Store(into + lanes);
                Sse.MoveLowToHigh(high01, high23).Store(into + 2 * lanes);
                Sse.MoveHighToLow(high23, high01).Store(into + 3 * lanes);
            }

            for (; column < columns; column++, into += lanes)
                Vector128.Create(r0[column], r1[column], r2[column], r3[column]).Store(into);
        }
    }

    private static void One(Operand panel, int lane, int columns, int lanes, float* to)
    {
        var (lanesApart, columnsApart) = panel.IsTransposed ? (1, panel.Stride) : (panel.Stride, 1);
        for (var column = 0; column < columns; column++)
            to[column * lanes + lane] = panel.Start[(nint)lane * lanesApart + (nint)column * columnsApart];
    }
}
