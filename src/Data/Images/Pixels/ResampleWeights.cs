namespace DyT.Data.Images;

/// <summary>
/// How a line of pixels becomes one of another length: each new pixel is a weighted mean of a few old ones, by a triangle as wide as two old or two new
/// pixels, whichever is wider (bilinear interpolation that averages when it shrinks, as Pillow's and torchvision's antialiased bilinear resize does).
/// </summary>
internal sealed class ResampleWeights
{
    private readonly int[] _first;
    private readonly float[] _weights;

    /// <param name="from">Old pixels, from 1.</param>
    /// <param name="to">New pixels, from 1.</param>
    public ResampleWeights(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, 1);
        var scale = (double)from / to;
        var radius = Math.Max(1, scale);
        Taps = Math.Min(from, (int)Math.Ceiling(2 * radius) + 1);
        _first = new int[to];
        _weights = new float[to * Taps];
        Span<double> raw = new double[Taps];
        for (var i = 0; i < to; i++)
        {
            var center = (i + 0.5) * scale;
            var first = Math.Clamp((int)Math.Floor(center - radius), 0, from - Taps);
            double sum = 0;
            for (var t = 0; t < Taps; t++)
                sum += raw[t] = Math.Max(0, 1 - (Math.Abs(first + t + 0.5 - center) / radius));
            _first[i] = first;
            for (var t = 0; t < Taps; t++) _weights[(i * Taps) + t] = (float)(raw[t] / sum);
        }
    }

    /// <summary>Old pixels that a new one is made of, some with weight zero.</summary>
    public int Taps { get; }

    public int Length => _first.Length;

    /// <summary>The first old pixel of a new one.</summary>
    public int First(int i) => _first[i];

    /// <summary>(Taps) weights of a new pixel; their sum is one.</summary>
    public ReadOnlySpan<float> Weights(int i) => _weights.AsSpan(i * Taps, Taps);
}
