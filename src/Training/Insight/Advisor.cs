using System.Globalization;

namespace DyT.Training.Insight;

/// <summary>Whether a tanh in the place of a norm is likely to help, by the published signs.</summary>
public enum Outlook
{
    Helps,
    Unclear,
    Hurts,
}

/// <summary>
/// A rule of thumb after arXiv 2604.23434: DyT bounds activations and so regularises. Where data is scarce for the model's size many activations are saturated and it helps; where data
/// is plentiful few are and it costs. That paper's heuristic (saturation after 500 steps) told the sign in 75% of the 12 cells that it was made from, and in 50%, no better than a coin,
/// when tried on sizes left out.
/// </summary>
public static class Advisor
{
    /// <summary>Saturation says little before.</summary>
    public const int FirstStep = 300;

    // Measured there: 46-49% of |alpha x| above 2 where DyT helped (1M tokens), 18-32% where it hurt (118M tokens).
    private const double ManySaturated = 0.40;
    private const double FewSaturated = 0.32;

    /// <param name="saturation">Mean share over the sites with alpha.</param>
    /// <param name="tokensPerParameter">Distinct training tokens (or patches) over parameters.</param>
    public static Outlook Judge(double saturation, double tokensPerParameter) => (saturation, tokensPerParameter) switch
    {
        ( >= ManySaturated, < 1) => Outlook.Helps,
        ( <= FewSaturated, >= 0.3) => Outlook.Hurts,
        _ => Outlook.Unclear,
    };

    /// <summary>What there is to say of a network after so many steps; null where no site has an alpha.</summary>
    public static string? Advice(long step, IReadOnlyList<SiteStatistics> sites, double tokensPerParameter)
    {
        var saturated = sites.Select(s => s.Saturation).OfType<double>().ToArray();
        return saturated.Length == 0 ? null
            : step < FirstStep ? string.Create(CultureInfo.InvariantCulture, $"Too early to tell whether DyT helps here: saturation says little before step {FirstStep}.")
            : Sentence(saturated.Average(), tokensPerParameter);
    }

    /// <summary>A sentence for people.</summary>
    public static string Sentence(double saturation, double tokensPerParameter)
    {
        var verdict = Judge(saturation, tokensPerParameter) switch
        {
            Outlook.Helps => "DyT is likely to help here: it regularises, and data is scarce for the model's size",
            Outlook.Hurts => "DyT is likely to cost something here against a norm: few activations are bounded, and data is plentiful for the model's size",
            _ => "whether DyT helps here is unclear",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{verdict} ({saturation:P0} of |alpha x| above 2, {tokensPerParameter:0.##} training tokens per parameter; a rule of thumb after arXiv 2604.23434, right for 75% of the cells it was made from and 50% of others: compare with layernorm to know)");
    }
}
