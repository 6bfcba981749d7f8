using DyT.Collectives.Shared;
using DyT.Config;
using DyT.Model;
using DyT.Training.Checkpoints;
using DyT.Training.Gradients;
using DyT.Training.Optimization;

namespace DyT.Training.Session;

/// <summary>Everything that training changes, on one worker: weights, optimizer moments, guard and best-so-far. Whole after every committed step.</summary>
public sealed class TrainerState : IDisposable
{
    private TrainerState(RunConfig config, DataShape shape, FlatLayout layout, SharedArena? arena)
    {
        Layout = layout;
        IsSharded = config.Optimizer.Sharding == OptimizerSharding.Zero1;
        Parameters = Allocate(config, layout, arena);
        Network = Networks.Create(config.Model, config.Train, shape, Parameters);
        Optimizer = Optimizers.Create(config.Optimizer, ParameterGroups.Of(layout, config.Optimizer, config.Model.Residual), layout.Length);
        if (config.Optimizer.Ema > 0)
            Optimizer = new WeightAverage(Optimizer, config.Optimizer.Ema, UpdatesUntil);
        Moments = IsSharded ? Moments.None : new Moments([MomentSegment.Zero(Optimizer.MomentNames.Count, new FlatRange(0, layout.Length))]);
        Guard = new LossGuard(config.Guard);
        Best = new BestTracker(config.Train.EarlyStop);
    }

    public FlatLayout Layout { get; }

    public ParameterSet Parameters { get; }

    public INetwork Network { get; }

    public IFlatOptimizer Optimizer { get; }

    /// <summary>Whether each worker holds moments of its pieces only.</summary>
    public bool IsSharded { get; }

    /// <summary>What this worker holds of the optimizer's memory: all, or (sharded) its pieces in the generation.</summary>
    public Moments Moments { get; set; }

    /// <summary>Sharded only: updates in the held moments, and in the weights of those elements; -1 while nothing is held.</summary>
    public long HeldStep { get; set; } = -1;

    /// <summary>The step whose summed gradients stand whole in the gradient buffer; null while the buffer is in use.</summary>
    public SummedGradients? Summed { get; set; }

    public LossGuard Guard { get; }

    /// <summary>Best validation loss so far, and how long ago it was.</summary>
    public BestTracker Best { get; }

    /// <summary>Updates in the weights; -1 while they are not of one step (or not here). Unsharded, the moments are of that step too.</summary>
    public long CommittedStep { get; set; }

    /// <summary>Steps whose update the guard refuses or refused; they are passed over when they come (again).</summary>
    public SortedSet<long> SkippedSteps { get; } = [];

    /// <summary>The last step after which an evaluation was done.</summary>
    public long EvaluatedStep { get; set; }

    /// <summary>A fresh model, initialised by the run's seed.</summary>
    /// <param name="config">The run's.</param>
    /// <param name="shape">What the data looks like.</param>
    /// <param name="arena">Gets room for gradients, and theirs stand there; null: anywhere.</param>
    public static TrainerState Create(RunConfig config, DataShape shape, SharedArena? arena = null)
    {
        var state = new TrainerState(config, shape, FlatLayout.Of(Networks.Table(config.Model, shape)), arena);
        state.Parameters.Initialize(config.Seed);
        return state;
    }

    /// <summary>As at the run's beginning, but for the steps to be skipped.</summary>
    public void Reset(long seed)
    {
        Parameters.Initialize(seed);
        ForgetMoments();
        Guard.Restore([]);
        Best.Restore(null, null, 0);
        CommittedStep = 0;
        EvaluatedStep = 0;
    }

    /// <summary>Applies update number <paramref name="step"/> to weights and moments, as far as moments are held.</summary>
    public void Update(long step, double learningRate, float gradientScale, ReadOnlySpan<float> gradients)
    {
        foreach (var segment in Moments.Segments)
            Optimizer.Update(step, learningRate, gradientScale, Parameters.Weights.Span, gradients, segment);
    }

    /// <summary>Sharded: nothing is held. Else all moments are zero.</summary>
    public void ForgetMoments()
    {
        Summed = null;
        HeldStep = -1;
        if (IsSharded)
            Moments = Moments.None;
        else
            Moments.Clear();
    }

    /// <summary>
    /// The weights by which the run is judged: the average stands in their place until the result is disposed; where there is none (or none yet) they are
    /// left as they are. Nothing may read or change weights meanwhile but the evaluation.
    /// </summary>
    public IDisposable? BeginEvaluation() =>
        Optimizer is WeightAverage && UpdatesUntil(CommittedStep) > 0
            ? new ExchangedWeights(Parameters.Weights, Moments.Segments[0].Values[^1])
            : null;

    /// <summary>In the arena, what peers read: gradients, and weights where they are gathered.</summary>
    private static ParameterSet Allocate(RunConfig config, FlatLayout layout, SharedArena? arena)
    {
        if (arena is null || config.Cluster.Transport == DataTransport.Tcp)
            return ParameterSet.Allocate(layout, withGradients: true, config.Train.Products);
        var gathers = config.Optimizer.Sharding == OptimizerSharding.Zero1;
        arena.Reserve(GradientAccumulator.MostBuffers(config.Train.MicroShards) + (gathers ? 2 : 1), layout.Length);
        var gradients = arena.TryAllocate(layout.Length);
        return ParameterSet.Allocate(layout, gathers ? arena.TryAllocate(layout.Length) : null, gradients, config.Train.Products);
    }

    private long UpdatesUntil(long step) => TrainingState.AppliedUntil(step, SkippedSteps);

    public void Dispose()
    {
        Network.Dispose();
        Parameters.Dispose();
    }
}
