using DyT.Config;
using DyT.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Bench;

/// <summary>One input and one set of parameters for all sites, with gradients preset as in training: backward adds into them in place.</summary>
internal sealed class SiteCases : IDisposable
{
    private const double Eps = 1e-5;
    private readonly Tensor _x;
    private readonly Tensor _alpha;
    private readonly Tensor _shift;
    private readonly Tensor _b;
    private readonly Tensor _gamma;
    private readonly Tensor _beta;
    private readonly Tensor _gradOutput;

    public SiteCases(int rows, int width, ScalarType dtype)
    {
        var generator = new Generator(1, CPU);
        Tensor Leaf(Tensor values)
        {
            var leaf = values.to(dtype).detach().requires_grad_();
            leaf.grad = zeros_like(leaf);
            return leaf;
        }

        // Without a preset gradient, and used through a view: in a network a site's input is no leaf, and its gradient goes on to the layer before as it is.
        _x = randn(rows, width, generator: generator).to(dtype).detach().requires_grad_();
        _alpha = Leaf(tensor(new[] { 0.8f }));
        _shift = Leaf(tensor(new[] { 0.1f }));
        _b = Leaf(tensor(new[] { 1f }));
        _gamma = Leaf(randn(width, generator: generator));
        _beta = Leaf(randn(width, generator: generator));
        _gradOutput = randn(rows, width, generator: generator).to(dtype);
    }

    /// <summary>One forward and backward pass.</summary>
    public Action Pass(SiteKind kind, bool fused)
    {
        var forward = Forward(kind, fused);
        return () =>
        {
            using var scope = NewDisposeScope();
            forward(_x.view(_x.shape)).backward([_gradOutput]);
            _x.grad = null;
        };
    }

    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[_x, _alpha, _shift, _b, _gamma, _beta, _gradOutput])
            tensor.Dispose();
    }

    private Func<Tensor, Tensor> Forward(SiteKind kind, bool fused)
    {
        switch (kind)
        {
            case SiteKind.Dyt:
                var dyt = new DyTSite(_alpha, _gamma, _beta);
                return fused ? dyt.Forward : dyt.Composite;
            case SiteKind.Derf:
                var derf = new DerfSite(_alpha, _shift, _gamma, _beta);
                return fused ? derf.Forward : derf.Composite;
            case SiteKind.Dyisru:
                var isru = new DyIsruSite(_b, _gamma, _beta);
                return fused ? isru.Forward : isru.Composite;
            case SiteKind.Layernorm:
                var layer = new LayerNormSite(_gamma, _beta, Eps);
                return fused ? layer.Forward : layer.Composite;
            default:
                var rms = new RmsNormSite(_gamma, Eps);
                return fused ? rms.Forward : rms.Composite;
        }
    }
}
