using TorchSharp;

namespace DyT.Model;

/// <summary>A site under its name, which tells a probe what passes through it.</summary>
internal sealed class ProbedSite(string name, ISite site, NetworkProbe probe) : ISite
{
    public torch.Tensor Forward(torch.Tensor x)
    {
        var y = site.Forward(x);
        probe.OnSite(name, x, y);
        return y;
    }
}
