using DyT.Collectives;
using DyT.Collectives.Shared;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Data;
using DyT.Training.Runs;
using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

/// <summary>A tiny run on text of its own, for sessions inside the test process.</summary>
internal sealed class TestRun : ISessionObserver, IDisposable
{
    private readonly Scratch _scratch = new();

    public TestRun(string more = "", int workers = 1)
    {
        var text = string.Concat(Enumerable.Range(0, 400).Select(i => $"The method number {i} returns the value {i * 7 % 13} of the list. "));
        File.WriteAllText(_scratch.At("text.txt"), text);
        Config = ConfigLoader.Parse(
            "model: {layers: 1, heads: 2, d_model: 16, block: 16, dropout: 0.1}\n" + "optimizer: {lr: 0.003}\n" + "schedule: {warmup: 2}\n" + "sample: {prompt: \"\"}\n",
            "test",
            [
                $"data.source={_scratch.At("text.txt")}", $"data.cache={_scratch.At("cache")}", "train.steps=12", "train.global_batch=8", "train.micro_batch=2",
                "train.eval_every=4", "train.eval_batches=5", "checkpoint.every=0", $"cluster.workers={workers}", "cluster.bucket_mb=0.0625",
                .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ]);
        Folder = new RunFolder(_scratch.At("run"));
    }

    public RunConfig Config { get; init; }

    public RunFolder Folder { get; init; }

    public FlightRecorder Recorder { get; } = new();

    public List<StepMetrics> Steps { get; } = [];

    public List<long> Checkpoints { get; } = [];

    public Action<StepMetrics>? AfterStep { get; set; }

    /// <summary>Of the newest checkpoint, which at the run's end holds its result.</summary>
    public string WeightsHash => new CheckpointStore(Folder.Checkpoints).NewestValid(Assert.Fail)!.Manifest.WeightsHash;

    /// <summary>Hash of the weights with which one undisturbed worker ends.</summary>
    public static string Straight(string more = "")
    {
        using var run = new TestRun(more);
        using (var session = run.Open())
            Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
        return run.WeightsHash;
    }

    public TrainingSession Open(SharedArena? arena = null) => TrainingSession.Open(Config, Folder, "w0", _ => { }, Recorder, arena: arena);

    public SessionEnd Run(TrainingSession session, ISessionObserver? observer = null)
    {
        using var collective = new LocalCollective(new GenerationPlan("run", 1, Config.Train.MicroShards, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, Config.Train.MicroShards))]));
        return Assert.IsType<SessionEnd>(session.Run(collective.Plan, collective, observer ?? this));
    }

    /// <summary>Runs until the step after <paramref name="step"/>, by a request to stop that all see in the next step.</summary>
    public SessionEnd RunUntilAfter(long step)
    {
        using var session = Open();
        AfterStep = s =>
        {
            if (s.Step == step)
                session.RequestStop();
        };
        var end = Run(session);
        AfterStep = null;
        return end;
    }

    /// <summary>Opens the trained run as commands do.</summary>
    public TrainedRun OpenTrained()
    {
        Directory.CreateDirectory(Folder.Path);
        File.WriteAllText(Folder.ConfigFile, ConfigWriter.ToYaml(Config, comments: false));
        using (var data = SessionData.Open(Config, _ => { }))
            data.Vocabulary.Save(Folder.Vocabulary);
        return TrainedRun.Open(Folder.Path, Assert.Fail);
    }

    public void OnStep(StepMetrics metrics, WorkerStatus status)
    {
        Steps.Add(metrics);
        AfterStep?.Invoke(metrics);
    }

    public void OnCheckpoint(long step, string path) => Checkpoints.Add(step);

    public List<string> Notices { get; } = [];

    public List<long> CaughtUp { get; } = [];

    public List<long> RolledBack { get; } = [];

    public void OnNotice(string message) => Notices.Add(message);

    public void OnEntered(long generation, long step)
    {
    }

    public void OnCaughtUp(long generation, long step) => CaughtUp.Add(step);

    public void OnTransfer(long doneBytes, long totalBytes, double seconds)
    {
    }

    public void OnRolledBack(long step) => RolledBack.Add(step);

    public void Dispose() => _scratch.Dispose();
}
