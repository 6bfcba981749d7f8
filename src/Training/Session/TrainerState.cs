using DyT.Config;
using DyT.Model;
using DyT.Training.Optimization;

namespace DyT.Training.Session;

/// <summary>Everything that training changes, on one worker: weights, optimizer moments, guard and best-so-far. Whole after every committed step.</summary>
public sealed class TrainerState : IDisposable
{
    private TrainerState(RunConfig config, int vocab, FlatLayout layout)
    {
        Layout = layout;
        Parameters = ParameterSet.Allocate(layout, withGradients: true);
        Model = new GptModel(config.Model, Parameters, config.Train.Recompute);
        Optimizer = Optimizers.Create(config.Optimizer, ParameterGroups.Of(layout, config.Optimizer), layout.Length);
        Guard = new LossGuard(config.Guard);
        Best = new BestTracker(config.Train.EarlyStop);
    }

    public FlatLayout Layout { get; }

    public ParameterSet Parameters { get; }

    public GptModel Model { get; }

    public IFlatOptimizer Optimizer { get; }

    public LossGuard Guard { get; }

    /// <summary>Best validation loss so far, and how long ago it was.</summary>
    public BestTracker Best { get; }

    /// <summary>Updates in the weights; -1 while the state is not whole.</summary>
    public long CommittedStep { get; set; }

    /// <summary>Steps whose update the guard refuses or refused; they are passed over when they come (again).</summary>
    public SortedSet<long> SkippedSteps { get; } = [];

    /// <summary>The last step after which an evaluation was done.</summary>
    public long EvaluatedStep { get; set; }

    /// <summary>A fresh model, initialised by the run's seed.</summary>
    public static TrainerState Create(RunConfig config, int vocab)
    {
        var state = new TrainerState(config, vocab, FlatLayout.Of(GptParameters.Table(config.Model, vocab)));
        state.Parameters.Initialize(config.Seed);
        return state;
    }

    /// <summary>As at the run's beginning, but for the steps to be skipped.</summary>
    public void Reset(long seed)
    {
        Parameters.Initialize(seed);
        foreach (var (_, values) in Optimizer.State)
            values.Span.Clear();
        Guard.Restore([]);
        Best.Restore(null, null, 0);
        CommittedStep = 0;
        EvaluatedStep = 0;
    }

    public void Dispose()
    {
        Model.Dispose();
        Parameters.Dispose();
    }
}
