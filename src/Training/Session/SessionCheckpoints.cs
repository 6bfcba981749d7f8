using System.Diagnostics;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Runs.Tracing;
using DyT.Training.Checkpoints;
using DyT.Training.Data;
using DyT.Training.Optimization;

namespace DyT.Training.Session;

/// <summary>Joins the live state with the checkpoint store: what is captured, what is restored, and when a checkpoint does not fit this run.</summary>
public sealed class SessionCheckpoints : IDisposable
{
    private readonly RunConfig _config;
    private readonly SessionData _data;
    private readonly TrainerState _state;
    private readonly CheckpointStore _store;
    private readonly BackgroundCheckpointer _writer;
    private readonly List<NamedTensor> _weights;
    private Checkpoint? _source; // sharded: where moments can be read as they were at _readableStep; null: they were zero then
    private Action<string> _log = _ => { };
    private long _savedStep = -1;
    private long _readableStep;

    public SessionCheckpoints(RunConfig config, RunFolder folder, SessionData data, TrainerState state, TraceRecorder? trace = null)
    {
        _config = config;
        _data = data;
        _state = state;
        _store = new CheckpointStore(folder.Checkpoints);
        _writer = new BackgroundCheckpointer(_store, OnWritten, trace);
        _weights = StateTensors.Weights(state, config.Model);
    }

    /// <summary>Runs since the last checkpoint was begun.</summary>
    public Stopwatch SinceLast { get; } = Stopwatch.StartNew();

    /// <summary>Whether the committed state has been handed to the writer, or came from a checkpoint.</summary>
    public bool IsSaved => _state.CommittedStep >= 0 && _state.CommittedStep == _savedStep;

    /// <summary>Whether the committed step has a checkpoint, whoever wrote it. It is not read: one that is there was whole when it came.</summary>
    public bool IsOnDisk => _store.List().Any(c => c.Step == _state.CommittedStep);

    /// <summary>Sharded: the step whose moments can be read by <see cref="ReadMoments"/>; -1 for none.</summary>
    public long ReadableStep => _source is null || Directory.Exists(_source.Path) ? _readableStep : -1;

    /// <summary>Told of every checkpoint that is complete on disk.</summary>
    public Action<long, string>? Written { get; set; }

    /// <summary>
    /// Loads the newest valid checkpoint of the run, naming damaged ones; leaves a fresh state where there is none. Sharded, the moments stay on disk until the
    /// generation says which pieces are this worker's.
    /// </summary>
    public void RestoreNewest(Action<string> log)
    {
        _log = log;
        var begun = false;
        var found = _store.UseNewest(
            checkpoint =>
            {
                CheckFits(checkpoint);
                begun = true;
                Load(checkpoint);
            },
            log);
        if (!found && begun)
            _state.Reset(_config.Seed); // the only one vanished while it was read
    }

    private void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadWeights(_weights);
        if (_state.IsSharded)
            (_source, _readableStep) = (checkpoint, checkpoint.State.Step);
        else
            checkpoint.LoadOptimizer(Named(_state.Moments.Segments[0].Values));
        Restore(checkpoint.State);
        _savedStep = checkpoint.State.Step;
        _log($"resuming after step {checkpoint.State.Step} from {checkpoint.Path}");
    }

    /// <summary>
    /// Returns when no member's writer is at work any more, so that all then see the same checkpoints, and none is pruned or replaced while it is read. All
    /// ranks call it.
    /// </summary>
    public void Settle(ICollective collective)
    {
        try
        {
            Flush();
        }
        catch (CheckpointException e)
        {
            _log(e.Message); // an older one has to do
        }

        collective.Barrier();
    }

    /// <summary>As <see cref="RestoreNewest"/>, after <see cref="Settle"/>; without a checkpoint the state is as fresh as at the run's beginning.</summary>
    public void RestoreNewestOrReset()
    {
        _state.Reset(_config.Seed);
        _savedStep = -1;
        (_source, _readableStep) = (null, 0);
        RestoreNewest(_log);
    }

    /// <summary>The buffers do not belong to a committed step any more (or not yet).</summary>
    public void ForgetPosition()
    {
        _state.CommittedStep = -1;
        _savedStep = -1;
    }

    /// <summary>
    /// Hands the committed state to the background writer, which copies it first: <see cref="AwaitSnapshot"/> before anything changes it. What went wrong with
    /// the write before is told and does not stop the run: the older checkpoints stand, and the disk may have room again.
    /// </summary>
    /// <param name="onProblem">Told of the write before.</param>
    /// <param name="gathered">Sharded: all moments, as a copy that nobody else uses.</param>
    public void Save(Action<string> onProblem, IReadOnlyList<Memory<float>>? gathered = null)
    {
        if (IsSaved || _state.CommittedStep < 0)
            return;
        AwaitEarlier(onProblem);
        SinceLast.Restart();
        var moments = Named(gathered ?? _state.Moments.Segments[0].Values);
        _writer.Submit(_weights, moments, Capture(), _config.Checkpoint.KeepLast, _config.Checkpoint.KeepBest ? _state.Best.Step : null, optimizerIsACopy: gathered is not null);
        _savedStep = _state.CommittedStep;
    }

    /// <summary>Writes a state before its first step, made in some other way than by training: all moments are zero. Waits for it.</summary>
    public void SaveFresh()
    {
        Save(_ => { }, MomentSegment.Zero(_state.Optimizer.MomentNames.Count, new FlatRange(0, _state.Layout.Length)).Values);
        Flush();
    }

    /// <summary>Where a write has failed already: tells it, so that the step counts as not saved. Does not wait for one under way.</summary>
    public void TellFailure(Action<string> onProblem)
    {
        if (_writer.HasFailed)
            AwaitEarlier(onProblem);
    }

    /// <summary>Waits until what was handed over is on disk, or could not be written, which is told.</summary>
    public void AwaitEarlier(Action<string> onProblem)
    {
        try
        {
            _writer.Flush();
        }
        catch (CheckpointException e)
        {
            _savedStep = -1; // the same step may be tried again
            onProblem($"{e.Message.TrimEnd('.')}; training goes on");
        }
    }

    /// <summary>Sharded: the moments of some elements, as they were at <see cref="ReadableStep"/>.</summary>
    /// <param name="range">Which elements.</param>
    /// <param name="values">To be filled, in the optimizer's order.</param>
    public void ReadMoments(FlatRange range, IReadOnlyList<Memory<float>> values)
    {
        foreach (var memory in values)
            memory.Span.Clear(); // the padding between parameters is not in the file
        _source?.LoadOptimizer(StateTensors.OptimizerSlices(range, values, _state, _config.Model), StateTensors.OptimizerNames(_state, _config.Model));
    }

    /// <summary>
    /// Takes over what a peer knows of evaluations and skipped steps, no more and no less: a step that this rank alone would pass over, because a break kept
    /// the others from refusing it, would part its verdict from theirs.
    /// </summary>
    public void RestorePosition(TrainingState known)
    {
        _state.SkippedSteps.Clear();
        Restore(known);
        _savedStep = -1;
    }

    /// <summary>Returns when nothing reads weights and moments any more: whoever is about to change them calls this first.</summary>
    public void AwaitSnapshot() => _writer.AwaitCopied();

    /// <summary>Waits until everything handed over is on disk.</summary>
    public void Flush() => _writer.Flush();

    public TrainingState Capture() => new()
    {
        Step = _state.CommittedStep,
        EvaluatedStep = _state.EvaluatedStep,
        Seed = _config.Seed,
        DataHash = _data.ContentHash,
        VocabHash = _data.Vocabulary.Hash,
        Threads = _config.Cluster.ThreadsPerWorker,
        BestLoss = _state.Best.Loss,
        BestStep = _state.Best.Step,
        EvaluationsSinceBest = _state.Best.SinceBest,
        GuardHistory = _state.Guard.History,
        SkippedSteps = [.. _state.SkippedSteps],
    };

    /// <summary>Steps to be skipped are added to those that are known: a rollback's checkpoint is older than the refusal that led to it.</summary>
    private void Restore(TrainingState saved)
    {
        _state.CommittedStep = saved.Step;
        _state.EvaluatedStep = saved.EvaluatedStep;
        _state.Best.Restore(saved.BestLoss, saved.BestStep, saved.EvaluationsSinceBest);
        _state.Guard.Restore(saved.GuardHistory);
        _state.SkippedSteps.UnionWith(saved.SkippedSteps);
    }

    public void Dispose() => _writer.Dispose();

    private List<NamedTensor> Named(IReadOnlyList<Memory<float>> moments) => StateTensors.Optimizer(moments, _state, _config.Model);

    private void OnWritten(long step, string path) => Written?.Invoke(step, path);

    private void CheckFits(Checkpoint checkpoint)
    {
        if (checkpoint.State.VocabHash != _data.Vocabulary.Hash)
            throw new UserErrorException($"{checkpoint.Path} was trained with another vocabulary than {_data.Place}: resume with the data settings of the run");
        if (checkpoint.State.DataHash != _data.ContentHash)
            throw new UserErrorException($"{checkpoint.Path} was trained on other data than {_data.Place}: the source has changed since; restore it, or start a new run");
        if (checkpoint.State.Seed != _config.Seed)
            throw new UserErrorException($"{checkpoint.Path} belongs to seed {checkpoint.State.Seed}, the configuration says {_config.Seed}: resume with the run's own seed");
    }
}
