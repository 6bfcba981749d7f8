using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>What rows of segments of several lengths have at their ends.</summary>
internal static class PaddingMask
{
    /// <summary>[B, 1, 1, S]: 0 at the first <paramref name="lengths"/>[b] places of row b, minus infinity behind them.</summary>
    public static Tensor Of(IReadOnlyList<int> lengths, long width)
    {
        var mask = new float[lengths.Count * width];
        for (var b = 0; b < lengths.Count; b++)
            mask.AsSpan((int)(b * width) + lengths[b], (int)width - lengths[b]).Fill(float.NegativeInfinity);
        return tensor(mask, [lengths.Count, 1, 1, width]);
    }

    /// <summary>Numbers of the places that are none, among all of them row by row: [N] int64.</summary>
    public static Tensor Rows(IReadOnlyList<int> lengths, long width)
    {
        var rows = new List<long>();
        for (var b = 0; b < lengths.Count; b++)
        {
            for (var t = 0; t < lengths[b]; t++)
                rows.Add(b * width + t);
        }

        return tensor(rows.ToArray());
    }
}
