using System.Runtime.Intrinsics;
using DyT.Model.Kernels;
using TorchSharp;

namespace DyT.Model.Tests;

/// <summary>The kernels' functions against double precision.</summary>
public sealed class VectorMathTests
{
    // Every 2^-13-th of each binade from 2^-30 to 2^7, both signs.
    private static float[] Samples()
    {
        var values = new List<float>();
        for (var exponent = -30; exponent <= 7; exponent++)
        {
            for (var step = 0; step < 8192; step++)
            {
                var v = MathF.ScaleB(1 + step / 8192f, exponent);
                values.Add(v);
                values.Add(-v);
            }
        }

        return [.. values];
    }

    private static float[] Map(float[] values, Func<Vector512<float>, Vector512<float>> function)
    {
        Assert.Equal(0, values.Length % Lanes.Count);
        var results = new float[values.Length];
        for (var i = 0; i < values.Length; i += Lanes.Count)
            function(Vector512.Create(values.AsSpan(i))).CopyTo(results.AsSpan(i));
        return results;
    }

    private static double Worst(Func<int, double> error, float[] samples) => Enumerable.Range(0, samples.Length).Max(error);

    [Fact]
    public void Tanh_is_within_3e_7_and_within_one()
    {
        var samples = Samples();
        var results = Map(samples, VectorMath.Tanh);
        Assert.InRange(Worst(i => Math.Abs(results[i] - Math.Tanh(samples[i])), samples), 0, 3e-7);
        Assert.All(results, r => Assert.InRange(r, -1f, 1f));
    }

    [Fact]
    public void Erf_is_within_3_3e_7_and_within_one()
    {
        using var scope = torch.NewDisposeScope();
        var samples = Samples();
        var results = Map(samples, VectorMath.Erf);
        var expected = torch.tensor(samples).to(torch.ScalarType.Float64).erf().data<double>().ToArray();
        Assert.InRange(Worst(i => Math.Abs(results[i] - expected[i]), samples), 0, 3.3e-7);
        Assert.All(results, r => Assert.InRange(r, -1f, 1f));
    }

    [Fact]
    public void Exp_of_minus_is_within_3e_7_of_itself()
    {
        var samples = Array.ConvertAll(Samples(), MathF.Abs);
        var results = Map(samples, VectorMath.ExpOfMinus);
        for (var i = 0; i < samples.Length; i++)
        {
            var expected = Math.Exp(-samples[i]);
            Assert.InRange(Math.Abs(results[i] - expected), 0, samples[i] <= 80 ? 3e-7 * expected : 2e-35);
        }
    }

    [Fact]
    public void Infinities_have_their_limits_and_NaN_stays()
    {
        float At(Func<Vector512<float>, Vector512<float>> function, float v) => function(Vector512.Create(v)).ToScalar();
        Assert.Equal(1, At(VectorMath.Tanh, float.PositiveInfinity), 3e-7);
        Assert.Equal(-1, At(VectorMath.Erf, float.NegativeInfinity), 3e-7);
        Assert.InRange(At(VectorMath.ExpOfMinus, float.PositiveInfinity), 0, 2e-35f);
        Assert.True(float.IsNaN(At(VectorMath.Tanh, float.NaN)));
        Assert.True(float.IsNaN(At(VectorMath.Erf, float.NaN)));
        Assert.True(float.IsNaN(At(VectorMath.ExpOfMinus, float.NaN)));
    }

    [Fact]
    public void Sums_over_lanes_are_exact_in_double()
    {
        var values = Enumerable.Range(0, Lanes.Count).Select(i => MathF.ScaleB(1, -2 * i)).ToArray();
        Assert.Equal(values.Sum(v => (double)v), Lanes.Sum(Vector512.Create(values)));
    }
}
