using System.Collections.Immutable;

namespace DyT.Cli.Views;

/// <summary>
/// The whole loss curve in a bounded number of points: when there are too many, neighbours are averaged, so that each point
/// stands for <see cref="Stride"/> steps.
/// </summary>
public sealed record LossHistory(int Capacity)
{
    public ImmutableList<double> Points { get; private init; } = [];

    /// <summary>Steps per point.</summary>
    public int Stride { get; private init; } = 1;

    private double Sum { get; init; }

    private int Pending { get; init; }

    public LossHistory Add(double loss)
    {
        if (!double.IsFinite(loss))
            return this;
        if (Pending + 1 < Stride)
            return this with { Sum = Sum + loss, Pending = Pending + 1 };
        var points = Points.Add((Sum + loss) / Stride);
        return points.Count < Capacity
            ? this with { Points = points, Sum = 0, Pending = 0 }
            : this with { Points = Halve(points), Stride = Stride * 2, Sum = 0, Pending = 0 };
    }

    // An odd last point would stand for half as many steps as the others; the capacity is even, so there is none.
    private static ImmutableList<double> Halve(ImmutableList<double> points) =>
        [.. Enumerable.Range(0, points.Count / 2).Select(i => (points[2 * i] + points[2 * i + 1]) / 2)];
}
