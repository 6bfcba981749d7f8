using System.Collections.Immutable;
using DyT.Runs;

namespace DyT.Cli.Views;

/// <summary>All that is known of a run while it goes on: a value that each event turns into the next one. Both views and the summary are made from it.</summary>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Started">When the command started.</param>
public sealed record TrainProgress(int TotalSteps, DateTimeOffset Started)
{
    private const int HistoryPoints = 512;
    private const int KeptNotices = 50;

    /// <summary>Steps over which the rate of tokens is taken: long enough to be steady, short enough to follow a change of the world size.</summary>
    public const int RateWindow = 50;

    /// <summary>What the run is doing, in a few words.</summary>
    public string Phase { get; init; } = "starting the coordinator";

    /// <summary>The last committed step; 0 before the first.</summary>
    public long Step { get; init; }

    /// <summary>Steps done before this command started (a resumed run); null until the first one is seen.</summary>
    public long? ResumedAt { get; init; }

    public StepMetrics? Last { get; init; }

    public Smoothed Loss { get; init; } = new(0.95);

    public double? BestVal { get; init; }

    public long? BestValStep { get; init; }

    public double? LastVal { get; init; }

    /// <summary>What else the last evaluation found, as shares; null where there is only the loss.</summary>
    public IReadOnlyDictionary<string, double>? LastScores { get; init; }

    public long Generation { get; init; }

    public int WorldSize { get; init; }

    /// <summary>The members of the generation and of what each told last, in rank order.</summary>
    public ImmutableList<WorkerRow> Workers { get; init; } = [];

    /// <summary>The newest ones, oldest first.</summary>
    public ImmutableQueue<string> Notices { get; init; } = [];

    public LossHistory History { get; init; } = new(HistoryPoints);

    public CheckpointWritten? Checkpoint { get; init; }

    /// <summary>A joiner's state on its way; null when none is.</summary>
    public StateTransferred? Transfer { get; init; }

    public RunEnded? Ended { get; init; }

    /// <summary>Tokens and seconds of the last <see cref="RateWindow"/> steps.</summary>
    public ImmutableQueue<(long Tokens, double Seconds)> Window { get; init; } = [];

    private int WindowCount { get; init; }

    /// <summary>Tokens of all steps seen, and the seconds they took: evaluation and checkpoints left out.</summary>
    public long Tokens { get; init; }

    public double StepSeconds { get; init; }

    /// <summary>The most that any worker has held resident, in bytes; null before one told.</summary>
    public long? PeakResidentBytes { get; init; }

    /// <summary>Sums of rank 0's phases over all steps seen.</summary>
    public StepTimes Times { get; init; } = new();

    /// <summary>When, and after which step, this generation's clock started; the time left is taken from it.</summary>
    private (long Step, DateTimeOffset At)? Pace { get; init; }

    private DateTimeOffset LastStepAt { get; init; }

    /// <summary>Tokens per second over the window; null before the first step.</summary>
    public double? TokensPerSecond
    {
        get
        {
            var (tokens, seconds) = (0L, 0.0);
            foreach (var (t, s) in Window)
                (tokens, seconds) = (tokens + t, seconds + s);
            return seconds > 0 ? tokens / seconds : null;
        }
    }

    /// <summary>Tokens per second over all steps seen.</summary>
    public double? MeanTokensPerSecond => StepSeconds > 0 ? Tokens / StepSeconds : null;

    /// <summary>
    /// Time left at this generation's pace, evaluations and checkpoints included; null before its second step.
    /// A new generation starts the clock anew, since its pace is another.
    /// </summary>
    public TimeSpan? Left => Pace is { } pace && Step > pace.Step
        ? (LastStepAt - pace.At) / (Step - pace.Step) * Math.Max(0, TotalSteps - Step)
        : null;

    public TrainProgress Apply(RunEvent e, DateTimeOffset now) => e switch
    {
        CoordinatorReady => this with { Phase = "starting the workers" },
        RosterChanged roster => this with
        {
            Phase = roster.Workers.Count < roster.MinWorkers ? $"waiting for workers ({roster.Workers.Count} of {roster.MinWorkers})" : Phase,
        },
        GenerationFormed formed => Form(formed),
        StepCommitted committed => Commit(committed.Metrics, now),
        WorkerReported reported => Report(reported.Status),
        CheckpointWritten written => this with { Checkpoint = written },
        StateTransferred transfer => this with { Transfer = transfer.DoneBytes < transfer.TotalBytes ? transfer : null },
        Notice notice => this with { Notices = Newest(Notices.Enqueue(notice.Message)) },
        RunEnded ended => this with { Phase = Describe(ended.Outcome), Ended = ended },
        _ => this,
    };

    private TrainProgress Form(GenerationFormed formed)
    {
        var rows = formed.Members.Select((name, rank) => new WorkerRow(name, rank, rank < formed.MicroShards.Count ? formed.MicroShards[rank] : 0)
        {
            Last = Workers.Find(row => row.Name == name)?.Last,
        });
        return this with
        {
            Phase = "training",
            Transfer = null,
            Generation = formed.Number,
            WorldSize = formed.Members.Count,
            Workers = [.. rows],
            Window = [],
            WindowCount = 0,
            Pace = null,
        };
    }

    private TrainProgress Commit(StepMetrics metrics, DateTimeOffset now)
    {
        // A coordinator that came back may repeat what was already told.
        if (Last is not null && metrics.Step <= Step)
            return this;
        var full = WindowCount == RateWindow;
        var window = (full ? Window.Dequeue() : Window).Enqueue((metrics.Tokens, metrics.Seconds));
        var better = metrics.ValLoss is { } val && double.IsFinite(val) && (BestVal is not { } best || val < best);
        return this with
        {
            Phase = "training",
            Transfer = null,
            Step = metrics.Step,
            ResumedAt = ResumedAt ?? metrics.Step - 1,
            Last = metrics,
            Loss = Loss.Add(metrics.Loss),
            BestVal = better ? metrics.ValLoss : BestVal,
            BestValStep = better ? metrics.Step : BestValStep,
            LastVal = metrics.ValLoss ?? LastVal,
            LastScores = metrics.ValScores ?? LastScores,
            Generation = metrics.Generation,
            WorldSize = metrics.WorldSize,
            History = History.Add(metrics.Loss),
            Window = window,
            WindowCount = full ? WindowCount : WindowCount + 1,
            Tokens = Tokens + metrics.Tokens,
            StepSeconds = StepSeconds + metrics.Seconds,
            Times = Sum(Times, metrics.Times),
            Pace = Pace ?? (metrics.Step, now),
            LastStepAt = now,
        };
    }

    private TrainProgress Report(WorkerStatus status)
    {
        var index = Workers.FindIndex(row => row.Name == status.Name);
        return this with
        {
            Workers = index < 0 ? Workers : Workers.SetItem(index, Workers[index] with { Last = status }),
            PeakResidentBytes = Math.Max(PeakResidentBytes ?? 0, status.ResidentBytes),
        };
    }

    private static StepTimes Sum(StepTimes a, StepTimes b) => new()
    {
        Data = a.Data + b.Data,
        Forward = a.Forward + b.Forward,
        Backward = a.Backward + b.Backward,
        Reduce = a.Reduce + b.Reduce,
        Optimizer = a.Optimizer + b.Optimizer,
        Communication = a.Communication + b.Communication,
        Hidden = a.Hidden + b.Hidden,
    };

    private static ImmutableQueue<string> Newest(ImmutableQueue<string> notices) =>
        notices.Count() > KeptNotices ? notices.Dequeue() : notices;

    private static string Describe(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Finished => "finished",
        RunOutcome.EarlyStopped => "stopped early: validation no longer improves",
        RunOutcome.Stopped => "stopped on request",
        RunOutcome.Guarded => "stopped by the guard",
        _ => "failed",
    };
}

/// <summary>A member of the current generation, and what it told of itself last.</summary>
public sealed record WorkerRow(string Name, int Rank, int MicroShards)
{
    public WorkerStatus? Last { get; init; }
}
