using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>The fused kernels of the sites against the same sites of libtorch's operations in double precision, which <see cref="SiteTests"/> holds against the papers.</summary>
public sealed class FusedSiteTests
{
    private const double Eps = 1e-5;

    private static readonly SiteKind[] Kinds = [SiteKind.Dyt, SiteKind.Derf, SiteKind.Dyisru, SiteKind.Layernorm, SiteKind.Rmsnorm];

    // Whole vectors, a tail, less than a vector; one row, one chunk, several.
    private static readonly (int Rows, int Width)[] Shapes = [(1, 16), (5, 7), (33, 37), (100, 64), (300, 83)];

    public static TheoryData<SiteKind, bool, int, int> Cases
    {
        get
        {
            var data = new TheoryData<SiteKind, bool, int, int>();
            foreach (var kind in Kinds)
            {
                foreach (var (rows, width) in Shapes)
                {
                    data.Add(kind, true, rows, width);
                    data.Add(kind, false, rows, width);
                }
            }

            return data;
        }
    }

    public static TheoryData<SiteKind> FusedKinds => [.. Kinds];

    /// <summary>The tensors that a site of this kind depends on, of values that a float holds exactly.</summary>
    private static Dictionary<string, Tensor> Inputs(SiteKind kind, bool beta, int rows, int width, ScalarType dtype)
    {
        var generator = new Generator(5, CPU);
        var all = new Dictionary<string, Tensor>
        {
            ["x"] = randn(rows, width, generator: generator).mul(1.5f),
            ["gamma"] = randn(width, generator: generator),
            ["beta"] = randn(width, generator: generator),
            ["alpha"] = tensor(new[] { 0.7f }),
            ["s"] = tensor(new[] { 0.3f }),
            ["b"] = tensor(new[] { 1.4f }),
        };
        string[] names = kind switch
        {
            SiteKind.Dyt => ["x", "alpha", "gamma"],
            SiteKind.Derf => ["x", "alpha", "s", "gamma"],
            SiteKind.Dyisru => ["x", "b", "gamma"],
            _ => ["x", "gamma"],
        };
        if (beta && kind != SiteKind.Rmsnorm)
            names = [.. names, "beta"];
        return names.ToDictionary(n => n, n => all[n].to(ScalarType.BFloat16).to(dtype).detach().requires_grad_());
    }

    private static ISite Site(SiteKind kind, Dictionary<string, Tensor> inputs)
    {
        var beta = inputs.GetValueOrDefault("beta");
        return kind switch
        {
            SiteKind.Dyt => new DyTSite(inputs["alpha"], inputs["gamma"], beta),
            SiteKind.Derf => new DerfSite(inputs["alpha"], inputs["s"], inputs["gamma"], beta),
            SiteKind.Dyisru => new DyIsruSite(inputs["b"], inputs["gamma"], beta),
            SiteKind.Layernorm => new LayerNormSite(inputs["gamma"], beta, Eps),
            _ => new RmsNormSite(inputs["gamma"], Eps),
        };
    }

    private static Tensor GradOutput(int rows, int width, ScalarType dtype) =>
        randn(rows, width, generator: new Generator(6, CPU)).to(ScalarType.BFloat16).to(dtype);

    /// <summary>The output and every input's gradient, in double.</summary>
    private static Dictionary<string, Tensor> Pass(SiteKind kind, bool beta, int rows, int width, ScalarType dtype)
    {
        var inputs = Inputs(kind, beta, rows, width, dtype);
        var y = Site(kind, inputs).Forward(inputs["x"]);
        Autograd.Backward(y.mul(GradOutput(rows, width, dtype)).sum());
        var results = inputs.ToDictionary(i => "d/d" + i.Key, i => i.Value.grad!.to(ScalarType.Float64));
        results["y"] = y.to(ScalarType.Float64);
        Assert.Equal(dtype, y.dtype);
        return results;
    }

    // Largest difference in units of the expected tensor's root mean square.
    private static double Error(Tensor actual, Tensor expected) =>
        actual.sub(expected).abs().max().item<double>() / (expected.square().mean().sqrt().item<double>() + 1e-3);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Output_and_gradients_are_those_of_the_composed_site_in_double(SiteKind kind, bool beta, int rows, int width)
    {
        using var scope = NewDisposeScope();
        var before = GraphNode.Alive;
        var expected = Pass(kind, beta, rows, width, ScalarType.Float64);
        Assert.Equal(before, GraphNode.Alive);
        foreach (var (name, value) in Pass(kind, beta, rows, width, ScalarType.Float32))
        {
            Assert.Equal(expected[name].shape, value.shape);
            Assert.True(Error(value, expected[name]) < 2e-5, $"{kind} {name}: {Error(value, expected[name])}");
        }

        // The kernels ran, not the composed site.
        Assert.Equal(before + 1, GraphNode.Alive);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bf16_is_as_close_as_its_eight_bits_allow(SiteKind kind, bool beta, int rows, int width)
    {
        using var scope = NewDisposeScope();
        var expected = Pass(kind, beta, rows, width, ScalarType.Float64);
        foreach (var (name, value) in Pass(kind, beta, rows, width, ScalarType.BFloat16))
        {
            // The sum of a scalar's gradient cancels, and its input, a product with bf16, was rounded before: held against the terms' size instead.
            if (name is "d/dalpha" or "d/ds" or "d/db")
                Assert.True(value.sub(expected[name]).abs().item<double>() < 0.02 * Math.Sqrt(rows * width), $"{kind} {name}");
            else
                Assert.True(Error(value, expected[name]) < 0.06, $"{kind} {name}: {Error(value, expected[name])}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_those_of_finite_differences(SiteKind kind, bool beta, int rows, int width)
    {
        using var scope = NewDisposeScope();
        var inputs = Inputs(kind, beta, rows, width, ScalarType.Float32);
        var site = Site(kind, inputs);
        var weights = GradOutput(rows, width, ScalarType.Float64);
        Tensor Objective() => site.Forward(inputs["x"]).to(ScalarType.Float64).mul(weights).sum();
        Autograd.Backward(Objective());
        const float h = 1f / 256;
        foreach (var (name, input) in inputs)
        {
            // Along the gradient itself, so that nothing cancels.
            var gradient = input.grad!;
            var length = gradient.to(ScalarType.Float64).norm().item<double>();
            var direction = gradient.div((float)length);
            double Shifted(float by)
            {
                using var noGrad = no_grad();
                input.add_(direction, by);
                var value = Objective().item<double>();
                input.add_(direction, -by);
                return value;
            }

            var slope = (Shifted(h) - Shifted(-h)) / (2 * h);
            Assert.Equal(1, slope / length, 5e-3);
        }
    }

    [Theory]
    [MemberData(nameof(FusedKinds))]
    public void One_and_two_threads_give_the_same_bits(SiteKind kind)
    {
        using var scope = NewDisposeScope();
        var one = Pass(kind, true, 700, 203, ScalarType.Float32);
        set_num_threads(2);
        try
        {
            foreach (var (name, value) in Pass(kind, true, 700, 203, ScalarType.Float32))
                Assert.Equal(one[name].data<double>().ToArray(), value.data<double>().ToArray());
        }
        finally
        {
            set_num_threads(1);
        }
    }

    [Theory]
    [MemberData(nameof(FusedKinds))]
    public void An_output_too_large_for_the_caches_has_the_same_bits(SiteKind kind)
    {
        using var scope = NewDisposeScope();
        const int Few = 100;
        var inputs = Inputs(kind, true, rows: 3900, width: 272, ScalarType.Float32); // 4.2 MB
        var site = Site(kind, inputs);
        var g = GradOutput(3900, 272, ScalarType.Float32);
        var large = site.Forward(inputs["x"]);
        large.backward([g]);
        var x = inputs["x"].detach().narrow(0, 0, Few).clone().requires_grad_();
        var small = site.Forward(x);
        small.backward([g.narrow(0, 0, Few)]);
        Assert.Equal(small.data<float>().ToArray(), large.narrow(0, 0, Few).data<float>().ToArray());
        Assert.Equal(x.grad!.data<float>().ToArray(), inputs["x"].grad!.narrow(0, 0, Few).data<float>().ToArray());
    }

    [Theory]
    [InlineData(SiteKind.Dyt)]
    [InlineData(SiteKind.Derf)]
    public void The_tail_of_a_row_has_the_bits_of_the_body(SiteKind kind)
    {
        // These are element-wise: cut to 13 columns, whatever of 16 there were must come out the same. (DyISRU and the norms depend on the width.)
        using var scope = NewDisposeScope();
        var inputs = Inputs(kind, true, 20, 16, ScalarType.Float32);
        var cut = inputs.ToDictionary(i => i.Key, i => (i.Value.shape[^1] == 16 ? i.Value.narrow(-1, 0, 13).contiguous() : i.Value).detach());
        var whole = Site(kind, inputs).Forward(inputs["x"]).narrow(1, 0, 13).contiguous();
        Assert.Equal(whole.data<float>().ToArray(), Site(kind, cut).Forward(cut["x"]).data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(FusedKinds))]
    public void A_bad_number_is_passed_on(SiteKind kind)
    {
        using var scope = NewDisposeScope();
        var inputs = Inputs(kind, true, 3, 20, ScalarType.Float32);
        using (no_grad())
            inputs["x"][1, 18] = float.NaN;
        var y = Site(kind, inputs).Forward(inputs["x"]);
        Assert.True(y[1, 18].isnan().item<bool>());
        Assert.False(y[0].isnan().any().item<bool>());
        Autograd.Backward(y.sum());
        Assert.True(inputs["x"].grad![1, 18].isnan().item<bool>());
        Assert.True(inputs["gamma"].grad![18].isnan().item<bool>());
    }

    [Theory]
    [MemberData(nameof(FusedKinds))]
    public void Inputs_in_another_order_of_memory_and_empty_ones_take_the_composed_site(SiteKind kind)
    {
        using var scope = NewDisposeScope();
        var inputs = Inputs(kind, true, 9, 9, ScalarType.Float32);
        var site = Site(kind, inputs);
        var transposed = inputs["x"].t();
        Assert.True(site.Forward(transposed).allclose(site.Forward(transposed.contiguous()), 1e-5, 1e-5));
        Assert.Equal([0L, 9L], site.Forward(zeros(0, 9)).shape);
    }
}
