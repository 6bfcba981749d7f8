namespace DyT.Training.Calibration;

/// <summary>Moments of what enters a site, pooled over tokens and channels.</summary>
/// <param name="Count">Values.</param>
/// <param name="Sum">Of x.</param>
/// <param name="Squares">Sum of x^2.</param>
internal readonly record struct InputMoments(double Count, double Sum, double Squares)
{
    public const int Width = 3;

    public double Mean => Sum / Count;

    /// <summary>sqrt(E[x^2]).</summary>
    public double RootMeanSquare => Math.Sqrt(Squares / Count);

    public static InputMoments Of(ReadOnlySpan<double> sums) => new(sums[0], sums[1], sums[2]);
}
