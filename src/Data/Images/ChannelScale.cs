namespace DyT.Data.Images;

/// <summary>What is taken from each channel of an image and what it is then divided by; both as shares of white (a byte of 255 is 1).</summary>
/// <param name="Mean">(channels) each in 0..1.</param>
/// <param name="Deviation">(channels) standard deviations, each above 0.</param>
public sealed record ChannelScale(IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation)
{
    /// <summary>Factor and summand that take a byte's value of a channel to its normalised one.</summary>
    internal (float Factor, float Summand) Affine(int channel) =>
        ((float)(1 / (255 * Deviation[channel])), (float)(-Mean[channel] / Deviation[channel]));
}
