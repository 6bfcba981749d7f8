using DyT.Config;

namespace DyT.Training.Optimization;

/// <summary>The learning rate of a step: a pure function.</summary>
public static class LearningRate
{
    /// <param name="step">From 1 to <paramref name="totalSteps"/>.</param>
    /// <param name="schedule">Kind, warm-up and end.</param>
    /// <param name="peak">Rate after the warm-up.</param>
    /// <param name="totalSteps">Length of the run.</param>
    public static double At(long step, ScheduleConfig schedule, double peak, int totalSteps)
    {
        if (step <= schedule.Warmup)
            return peak * step / schedule.Warmup;
        var floor = peak * schedule.MinRatio;
        return schedule.Kind switch
        {
            ScheduleKind.Constant => peak,
            ScheduleKind.Linear => peak + (floor - peak) * Progress(step, schedule.Warmup, totalSteps),
            ScheduleKind.Cosine => floor + (peak - floor) * 0.5 * (1 + Math.Cos(Math.PI * Progress(step, schedule.Warmup, totalSteps))),
            ScheduleKind.Wsd => peak + (floor - peak) * Progress(step, Math.Max(schedule.Warmup, totalSteps - (long)(schedule.DecayFraction * totalSteps)), totalSteps),
            _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule.Kind, null),
        };
    }

    /// <summary>0 at <paramref name="from"/> and before, 1 at <paramref name="to"/>.</summary>
    private static double Progress(long step, long from, long to) => step <= from ? 0 : Math.Min(1, (double)(step - from) / (to - from));
}
