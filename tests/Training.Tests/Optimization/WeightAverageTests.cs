using DyT.Config;
using DyT.Training.Optimization;

namespace DyT.Training.Tests.Optimization;

public sealed class WeightAverageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)] // the first two steps were left out
    public void It_is_the_weighted_mean_of_the_weights_after_each_update(int first)
    {
        const int length = 37;
        const double decay = 0.9;
        var config = new OptimizerConfig();
        ParameterGroup[] groups = [new(0, length, 0.1f, 1)];
        var plain = Optimizers.Create(config, groups, length);
        var averaged = new WeightAverage(Optimizers.Create(config, groups, length), decay, step => step - first + 1);
        Assert.Equal([.. plain.MomentNames, "ema"], averaged.MomentNames);
        var plainMoments = MomentSegment.Zero(2, new FlatRange(0, length));
        var moments = MomentSegment.Zero(3, new FlatRange(0, length));
        var random = new Random(5);
        float[] weights = [.. Enumerable.Range(0, length).Select(_ => random.NextSingle())];
        float[] expected = [.. weights];
        var sum = new double[length];
        var total = 0.0;
        for (var step = first; step < first + 20; step++)
        {
            float[] gradients = [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
            plain.Update(step, 0.1, 1, expected, gradients, plainMoments);
            averaged.Update(step, 0.1, 1, weights, gradients, moments);
            Assert.Equal(expected, weights); // averaging changes nothing of training
            total = total * decay + 1;
            for (var i = 0; i < length; i++)
            {
                sum[i] = sum[i] * decay + weights[i];
                Assert.Equal(sum[i] / total, moments.Values[2].Span[i], 1e-5);
            }
        }
    }

    [Fact]
    public void A_piece_of_the_buffer_gets_the_bits_of_the_whole()
    {
        const int length = 100;
        var config = new OptimizerConfig();
        var whole = MomentSegment.Zero(3, new FlatRange(0, length));
        MomentSegment[] pieces = [MomentSegment.Zero(3, new FlatRange(0, 41)), MomentSegment.Zero(3, new FlatRange(41, length))];
        var optimizer = new WeightAverage(Optimizers.Create(config, [new ParameterGroup(0, length, 0, 1)], length), 0.99, step => step);
        float[] first = [.. Enumerable.Range(0, length).Select(i => MathF.Sin(i))];
        float[] second = [.. first];
        float[] gradients = [.. first.Select(x => x * x)];
        for (var step = 1; step <= 5; step++)
        {
            optimizer.Update(step, 0.01, 1, first, gradients, whole);
            foreach (var piece in pieces)
                optimizer.Update(step, 0.01, 1, second, gradients, piece);
        }

        Assert.Equal(whole.Values[2].ToArray(), pieces.SelectMany(p => p.Values[2].ToArray()));
    }
}
