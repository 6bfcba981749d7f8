using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DyT.Model.Kernels;

/// <summary>What <see cref="TokenRows"/> reads and writes. Handed to libtorch's threads by address.</summary>
internal unsafe struct TokenRowsArguments
{
    public int Count;
    public int Width;

    /// <summary>[Count], each a row of the table.</summary>
    public long* Tokens;

    /// <summary>[Count, Width].</summary>
    public float* Rows;

    /// <summary>[vocabulary, Width].</summary>
    public float* Table;
}

/// <summary>table[token] += row, for all tokens in their order. A call takes a strip of columns, so that the number of threads does not change a bit.</summary>
internal static unsafe class TokenRows
{
    /// <summary>Columns of one call.</summary>
    public const int Strip = 64;

    public static int Strips(int width) => (width + Strip - 1) / Strip;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(void* arguments, int strip)
    {
        ref readonly var a = ref *(TokenRowsArguments*)arguments;
        var start = strip * Strip;
        var end = Math.Min(a.Width, start + Strip);
        for (var i = 0; i < a.Count; i++)
        {
            var into = a.Table + (nint)a.Tokens[i] * a.Width;
            var row = a.Rows + (nint)i * a.Width;
            var c = start;
            for (; c + Lanes.Count <= end; c += Lanes.Count)
                (Vector512.Load(into + c) + Vector512.Load(row + c)).Store(into + c);
            for (; c < end; c++)
                into[c] += row[c];
        }
    }
}
