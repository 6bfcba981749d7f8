using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

public sealed class ClusterRateTests
{
    [Theory]
    [InlineData(new[] { 2.2, 7.1 }, null)]
    [InlineData(new[] { 2.2, double.PositiveInfinity, 1.2 }, null)]
    [InlineData(new[] { 2.2, 1.1 }, "w1 (1.10 of fp32's rate)")]
    [InlineData(new[] { 0.5, 2.2, 0.75 }, "w0 (0.50 of fp32's rate), w2 (0.75 of fp32's rate)")]
    public void Those_are_named_for_whom_bf16_does_not_pay(double[] gains, string? names)
    {
        var advice = ClusterRate.Advice(gains, rank => $"w{rank}");
        Assert.Equal(names is null ? null : $"train.products: bf16 gains too little on {names}: it is for processors with AVX512_BF16 or AMX; set it to fp32", advice);
    }
}
