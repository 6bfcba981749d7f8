using DyT.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Training.Insight;

/// <summary>Points of a site's input-output picture, before gain and offset where the site has them: a norm is no function of one value, so there is a cloud.</summary>
/// <param name="Inputs">Values of single channels of tokens.</param>
/// <param name="Outputs">The site's outputs for them, without gamma and beta.</param>
public sealed record SiteSamples(string Name, double[] Inputs, double[] Outputs)
{
    /// <summary>About so many points of every site, evenly over one batch; in forward order.</summary>
    public static IReadOnlyList<SiteSamples> Take(INetwork network, ParameterSet parameters, MicroBatch batch, int points)
    {
        var taken = new List<SiteSamples>();
        network.Probe.Site = (name, x, y) =>
        {
            using var scope = NewDisposeScope();
            var (gain, offset) = (parameters.Find($"{name}.weight"), parameters.Find($"{name}.bias"));
            if (gain is null)
                return true;
            var curve = (offset is null ? y : y.sub(offset)).div(gain);
            var stride = Math.Max(1, x.numel() / points);
            stride += stride % x.shape[^1] == 0 ? 1 : 0; // else always the same channel
            double[] Every(Tensor t) => t.reshape(-1).slice(0, 0, t.numel(), stride).to(ScalarType.Float64).data<double>().ToArray();
            var pairs = Every(x).Zip(Every(curve)).Where(p => double.IsFinite(p.Second)).ToArray();
            taken.Add(new SiteSamples(name, [.. pairs.Select(p => p.First)], [.. pairs.Select(p => p.Second)]));
            return true;
        };
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            network.Loss(batch, training: false);
        }
        finally
        {
            network.Probe.Site = null;
        }

        return taken;
    }
}
