using DyT.Runs;

namespace DyT.Bench.Overlap;

/// <summary>What one run of <c>dyt bench overlap</c> showed: medians over its steps.</summary>
/// <param name="Seconds">Of a step.</param>
/// <param name="Communication">Seconds of a step that its reduction takes; 0 without one.</param>
/// <param name="Hidden">Share of it that went on during backward; null without one.</param>
internal sealed record OverlapFigure(double Seconds, double Communication, double? Hidden)
{
    /// <summary>The first half of a run is slower, for the runtime's tiered compilation.</summary>
    public static OverlapFigure Of(IReadOnlyList<StepMetrics> run)
    {
        var steps = run.Skip(run.Count / 2).ToList();
        var reduced = steps.Select(step => step.Times).Where(times => times.Communication > 0).ToList();
        return new OverlapFigure(
            Interleaved.Median(steps.Select(step => step.Seconds)),
            reduced.Count == 0 ? 0 : Interleaved.Median(reduced.Select(times => times.Communication)),
            reduced.Count == 0 ? null : Interleaved.Median(reduced.Select(times => times.Hidden / times.Communication)));
    }

    /// <summary>Of several runs of one kind.</summary>
    public static OverlapFigure Median(IReadOnlyList<OverlapFigure> runs) => new(
        Interleaved.Median(runs.Select(run => run.Seconds)),
        Interleaved.Median(runs.Select(run => run.Communication)),
        runs.All(run => run.Hidden is null) ? null : Interleaved.Median(runs.Select(run => run.Hidden ?? 0)));
}

/// <summary>The runs that <c>dyt bench overlap</c> compares.</summary>
/// <param name="Config">File of their configuration.</param>
/// <param name="Sequences">Of one worker per step.</param>
/// <param name="Steps">Of a run.</param>
internal sealed record OverlapWork(string Config, int Sequences, int Steps)
{
    public OverlapFigure Train(int workers, params IEnumerable<string> settings)
    {
        using var run = Start(workers, settings);
        return OverlapFigure.Of(TrainingRun.Steps(run.Finish()));
    }

    /// <summary>Two lone workers at the same time: the mean of both.</summary>
    public OverlapFigure TrainSideBySide()
    {
        using var first = Start(workers: 1);
        using var second = Start(workers: 1);
        var both = ((TrainingRun[])[first, second]).Select(run => OverlapFigure.Of(TrainingRun.Steps(run.Finish()))).ToList();
        return both[0] with { Seconds = both.Average(figure => figure.Seconds) };
    }

    private TrainingRun Start(int workers, params IEnumerable<string> settings) => new(Config, TrainingRun.Settings(
    [
        $"train.steps={Steps}",
        "cluster.threads_per_worker=1",
        $"cluster.workers={workers}",
        $"train.global_batch={Sequences * workers}",
        $"train.micro_batch={Sequences}",
        .. settings,
    ]));
}
