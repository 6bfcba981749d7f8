using DyT.Model;
using DyT.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Training.Insight;

/// <summary>How one site stands.</summary>
/// <param name="Alpha">Of a tanh or erf site; null for others.</param>
/// <param name="InputRms">sqrt(E[x^2]) of what enters it.</param>
/// <param name="Saturation">Share of |alpha x| above 2, where the curve has nearly no slope left; null without alpha.</param>
/// <param name="GammaMean">Of the gain over channels.</param>
/// <param name="GammaSpread">Standard deviation of the gain over channels.</param>
public sealed record SiteStatistics(string Name, double? Alpha, double InputRms, double? Saturation, double GammaMean, double GammaSpread)
{
    private const double Saturated = 2;

    /// <summary>Measures all sites in one forward pass per batch, without gradients or dropout.</summary>
    public static IReadOnlyList<SiteStatistics> Measure(INetwork network, ParameterSet parameters, IEnumerable<Func<MicroBatch>> batches)
    {
        var order = new List<string>();
        var sums = new Dictionary<string, (double Count, double Squares, double Saturated)>();
        network.Probe.Site = (name, x, _) =>
        {
            using var scope = NewDisposeScope();
            var values = x.to(ScalarType.Float64);
            var alpha = AlphaOf(parameters, name);
            if (!sums.ContainsKey(name))
                order.Add(name);
            var (count, squares, saturated) = sums.GetValueOrDefault(name);
            sums[name] = (
                count + values.numel(),
                squares + values.square().sum().item<double>(),
                saturated + (alpha is { } a ? values.abs().gt(Saturated / Math.Abs(a)).sum().item<long>() : 0));
            return true;
        };
        try
        {
            using var noGrad = no_grad();
            foreach (var batch in batches)
            {
                using var scope = NewDisposeScope();
                network.Loss(batch(), training: false);
            }
        }
        finally
        {
            network.Probe.Site = null;
        }

        return [.. order.Select(name => Of(parameters, name, sums[name]))];
    }

    /// <summary>As they are logged.</summary>
    public static SiteMetrics Logged(IReadOnlyList<SiteStatistics> sites) => new(
        sites.ToDictionary(s => s.Name, s => 1 / s.InputRms),
        sites.Where(s => s.Saturation is not null).ToDictionary(s => s.Name, s => s.Saturation!.Value),
        sites.ToDictionary(s => s.Name, s => s.GammaSpread));

    private static SiteStatistics Of(ParameterSet parameters, string name, (double Count, double Squares, double Saturated) sums)
    {
        var gains = Values(parameters, $"{name}.weight");
        var mean = gains.Length == 0 ? 1 : gains.Average(g => (double)g);
        var spread = gains.Length == 0 ? 0 : Math.Sqrt(gains.Average(g => (g - mean) * (g - mean)));
        var alpha = AlphaOf(parameters, name);
        return new SiteStatistics(name, alpha, Math.Sqrt(sums.Squares / sums.Count), alpha is null ? null : sums.Saturated / sums.Count, mean, spread);
    }

    private static double? AlphaOf(ParameterSet parameters, string site) => Values(parameters, $"{site}.alpha") is [var alpha] ? alpha : null;

    private static float[] Values(ParameterSet parameters, string name)
    {
        if (parameters.Find(name) is null)
            return [];
        var entry = parameters.Layout[name];
        return parameters.Weights.Span.Slice(entry.Offset, entry.Length).ToArray();
    }
}
