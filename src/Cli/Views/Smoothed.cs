namespace DyT.Cli.Views;

/// <summary>
/// Exponential moving average without the bias towards its start: the weights of what was seen always sum to one
/// (the correction of Adam, arXiv 1412.6980, section 3).
/// </summary>
public readonly record struct Smoothed(double Decay, double Sum = 0, double Weight = 0)
{
    /// <summary>The average; null before the first finite value.</summary>
    public double? Value => Weight > 0 ? Sum / Weight : null;

    /// <summary>Takes in a value; NaN and infinity are passed over, or they would stay for ever.</summary>
    public Smoothed Add(double value) =>
        double.IsFinite(value) ? this with { Sum = Decay * Sum + (1 - Decay) * value, Weight = Decay * Weight + (1 - Decay) } : this;
}
