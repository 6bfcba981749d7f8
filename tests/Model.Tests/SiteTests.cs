using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>Every site against a formula of its own in plain double arithmetic, and its gradients against finite differences.</summary>
public sealed class SiteTests
{
    private const int Rows = 5;
    private const int Width = 7;
    private const double Eps = 1e-5;

    public static TheoryData<SiteKind, bool> Kinds
    {
        get
        {
            var data = new TheoryData<SiteKind, bool>();
            foreach (var kind in Enum.GetValues<SiteKind>())
            {
                data.Add(kind, true);
                data.Add(kind, false);
            }

            return data;
        }
    }

    // In double, so that finite differences are exact enough.
    private static (ISite Site, Dictionary<string, Tensor> Inputs) Make(SiteKind kind, bool beta)
    {
        manual_seed(11);
        var inputs = new Dictionary<string, Tensor>
        {
            ["x"] = randn(Rows, Width, dtype: ScalarType.Float64),
            ["alpha"] = tensor(new[] { 0.7 }),
            ["s"] = tensor(new[] { 0.3 }),
            ["b"] = tensor(new[] { 1.4 }),
            ["gamma"] = randn(Width, dtype: ScalarType.Float64),
            ["beta"] = randn(Width, dtype: ScalarType.Float64),
        };
        foreach (var input in inputs.Values)
            input.requires_grad = true;
        var offset = beta ? inputs["beta"] : null;
        ISite site = kind switch
        {
            SiteKind.Dyt => new DyTSite(inputs["alpha"], inputs["gamma"], offset),
            SiteKind.Derf => new DerfSite(inputs["alpha"], inputs["s"], inputs["gamma"], offset),
            SiteKind.Dyisru => new DyIsruSite(inputs["b"], inputs["gamma"], offset),
            SiteKind.Layernorm => new LayerNormSite(inputs["gamma"], offset, Eps),
            SiteKind.Rmsnorm => new RmsNormSite(inputs["gamma"], Eps),
            _ => new NoSite(),
        };
        return (site, inputs);
    }

    private static double Expected(SiteKind kind, bool beta, double[] row, int c, Func<string, int, double> p)
    {
        var x = row[c];
        var mean = row.Average();
        var plain = kind switch
        {
            SiteKind.Dyt => p("gamma", c) * Math.Tanh(p("alpha", 0) * x),
            SiteKind.Derf => p("gamma", c) * Erf(p("alpha", 0) * x + p("s", 0)),
            SiteKind.Dyisru => p("gamma", c) * Math.Sqrt(Width) * x / Math.Sqrt(p("b", 0) + x * x),
            SiteKind.Layernorm => p("gamma", c) * (x - mean) / Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + Eps),
            SiteKind.Rmsnorm => p("gamma", c) * x / Math.Sqrt(row.Average(v => v * v) + Eps),
            _ => x,
        };
        return plain + (beta && kind is not (SiteKind.None or SiteKind.Rmsnorm) ? p("beta", c) : 0);
    }

    // The error function as its integral, by Simpson's rule.
    private static double Erf(double x)
    {
        const int steps = 2000;
        var h = x / steps;
        var sum = 1 + Math.Exp(-x * x);
        for (var i = 1; i < steps; i++)
            sum += (i % 2 == 1 ? 4 : 2) * Math.Exp(-(i * h) * (i * h));
        return 2 / Math.Sqrt(Math.PI) * sum * h / 3;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Forward_is_the_published_formula(SiteKind kind, bool beta)
    {
        using var scope = NewDisposeScope();
        var (site, inputs) = Make(kind, beta);
        var y = site.Forward(inputs["x"]);
        double P(string name, int i) => inputs[name][i].item<double>();
        for (var r = 0; r < Rows; r++)
        {
            var row = inputs["x"][r].data<double>().ToArray();
            for (var c = 0; c < Width; c++)
                Assert.Equal(Expected(kind, beta, row, c, P), y[r, c].item<double>(), 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_are_those_of_finite_differences(SiteKind kind, bool beta)
    {
        using var scope = NewDisposeScope();
        var (site, inputs) = Make(kind, beta);
        var weights = randn(Rows, Width, dtype: ScalarType.Float64);
        Tensor Objective() => site.Forward(inputs["x"]).mul(weights).sum();
        Objective().backward();
        const double h = 1e-6;
        foreach (var (name, input) in inputs.Where(i => i.Value.grad is not null))
        {
            var gradient = input.grad!.reshape(-1).data<double>().ToArray();
            for (var i = 0; i < gradient.Length; i++)
            {
                double Shifted(double by)
                {
                    using var noGrad = no_grad();
                    using var inner = NewDisposeScope();
                    var flat = input.view(-1);
                    flat[i].add_(by);
                    var value = Objective().item<double>();
                    flat[i].sub_(by);
                    return value;
                }

                Assert.True(Math.Abs((Shifted(h) - Shifted(-h)) / (2 * h) - gradient[i]) < 1e-6, $"{kind}: d/d{name}[{i}]");
            }
        }
    }

    [Fact]
    public void Alpha_starts_by_the_place_of_its_site()
    {
        var model = new ModelConfig { Layers = 2, Site = new SiteConfig { AlphaAttention = 0.8, AlphaOther = 0.2 } };
        var layout = FlatLayout.Of(GptParameters.Table(model, 50));
        using var parameters = ParameterSet.Allocate(layout, withGradients: false);
        parameters.Initialize(1);
        using var gpt = new GptModel(model, parameters);
        var alphas = Networks.Scalars(layout).ToDictionary(a => a.Name, a => parameters.Weights.Span[layout[a.Parameter].Offset]);
        Assert.Equal(5, alphas.Count);
        Assert.All(alphas, a => Assert.Equal(a.Key.EndsWith(".input_layernorm", StringComparison.Ordinal) ? 0.8f : 0.2f, a.Value));
    }
}
