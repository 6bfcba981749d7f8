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
        Model = new GptModel(config.Model, Parameters);
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

    /// <summary>Updates in the weights.</summary>
    public long CommittedStep { get; set; }

    /// <summary>The last step after which an evaluation was done.</summary>
    public long EvaluatedStep { get; set; }

    /// <summary>A fresh model, initialised by the run's seed.</summary>
    public static TrainerState Create(RunConfig config, int vocab)
    {
        var state = new TrainerState(config, vocab, FlatLayout.Of(GptParameters.Table(config.Model, vocab)));
        state.Parameters.Initialize(config.Seed);
        return state;
    }

    public void Dispose()
    {
        Model.Dispose();
        Parameters.Dispose();
    }
}
