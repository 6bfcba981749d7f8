using CsCheck;
using DyT.Config;
using DyT.Training.Optimization;

namespace DyT.Training.Tests.Optimization;

public sealed class ScheduleTests
{
    private static ScheduleConfig Schedule(ScheduleKind kind) => new() { Kind = kind, Warmup = 100, MinRatio = 0.1, DecayFraction = 0.2 };

    [Theory]
    [InlineData(ScheduleKind.Cosine, 0.1)]
    [InlineData(ScheduleKind.Linear, 0.1)]
    [InlineData(ScheduleKind.Wsd, 0.1)]
    [InlineData(ScheduleKind.Constant, 1)]
    public void Warm_up_ends_at_the_peak_and_the_run_at_its_floor(ScheduleKind kind, double end)
    {
        Assert.Equal(0.02, LearningRate.At(1, Schedule(kind), 2, 1000), 1e-12);
        Assert.Equal(2, LearningRate.At(100, Schedule(kind), 2, 1000), 1e-12);
        Assert.Equal(2 * end, LearningRate.At(1000, Schedule(kind), 2, 1000), 1e-12);
    }

    [Fact]
    public void Known_points_lie_on_their_curves()
    {
        Assert.Equal(0.55, LearningRate.At(550, Schedule(ScheduleKind.Cosine), 1, 1000), 1e-12);
        Assert.Equal(0.55, LearningRate.At(550, Schedule(ScheduleKind.Linear), 1, 1000), 1e-12);
        Assert.Equal(1, LearningRate.At(800, Schedule(ScheduleKind.Wsd), 1, 1000), 1e-12);
        Assert.Equal(0.55, LearningRate.At(900, Schedule(ScheduleKind.Wsd), 1, 1000), 1e-12);
    }

    [Fact]
    public void No_schedule_jumps_or_leaves_its_range() =>
        (from kind in Gen.Enum<ScheduleKind>() from warmup in Gen.Int[0, 50] from steps in Gen.Int[100, 500] select (kind, warmup, steps)).Sample(t =>
        {
            var schedule = Schedule(t.kind) with { Warmup = t.warmup };
            var largestStep = Math.Max(1.0 / Math.Max(1, t.warmup), 1.0 / (0.2 * t.steps) + 1e-9) * 1.6;
            for (var step = 1; step < t.steps; step++)
            {
                var (now, next) = (LearningRate.At(step, schedule, 1, t.steps), LearningRate.At(step + 1, schedule, 1, t.steps));
                Assert.InRange(now, 0, 1);
                Assert.True(Math.Abs(next - now) <= Math.Max(largestStep, 0.06), $"{t} jumps at {step}");
            }
        });
}
