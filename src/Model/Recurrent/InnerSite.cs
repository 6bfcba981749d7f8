using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>A site inside the recurrence. A probe is told of it once for a whole sequence, as of every other site, and not at each position.</summary>
internal sealed class InnerSite(string name, ModelConfig model, ParameterSet parameters, NetworkProbe probe)
{
    private readonly ISite _site = Sites.At(name, model.Site, parameters);
    private readonly List<(Tensor Input, Tensor Output)> _seen = [];

    /// <summary>One position: [B, C] to [B, C].</summary>
    public Tensor Forward(Tensor x)
    {
        var y = _site.Forward(x);
        if (probe.Site is not null)
            _seen.Add((x, y));
        return y;
    }

    /// <summary>Before a sequence.</summary>
    public void Begin() => _seen.Clear();

    /// <summary>After a sequence, in the dispose scope of its positions.</summary>
    public void End()
    {
        if (_seen.Count > 0)
            probe.OnSite(name, stack(_seen.Select(s => s.Input), 1), stack(_seen.Select(s => s.Output), 1));
        _seen.Clear();
    }
}
