using DyT.Config;
using DyT.Data;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Session;

namespace DyT.Training.Runs;

/// <summary>A run's model with the weights of one checkpoint, to evaluate, generate from or export.</summary>
public sealed class TrainedRun : IDisposable
{
    private TrainedRun(RunConfig config, ITokenizer tokenizer, Checkpoint checkpoint, FlatLayout layout, ParameterSet parameters, GptModel model)
    {
        Config = config;
        Tokenizer = tokenizer;
        Checkpoint = checkpoint;
        Layout = layout;
        Parameters = parameters;
        Model = model;
    }

    public RunConfig Config { get; }

    public ITokenizer Tokenizer { get; }

    public Checkpoint Checkpoint { get; }

    public FlatLayout Layout { get; }

    public ParameterSet Parameters { get; }

    public GptModel Model { get; }

    public List<NamedTensor> Weights => StateTensors.Named(Parameters.Weights, StoredNames.Of(Layout, Config.Model), "");

    /// <summary>Opens a run's folder at the chosen checkpoint.</summary>
    /// <param name="reference">The folder of a run, or of one checkpoint inside it.</param>
    /// <param name="log">Told of damaged checkpoints that were passed over.</param>
    /// <param name="best">Take the checkpoint with the best validation loss instead of the newest, where it was kept.</param>
    public static TrainedRun Open(string reference, Action<string> log, bool best = false)
    {
        var (folder, checkpoint) = CheckpointReference.Resolve(reference, log, best);
        var config = ConfigLoader.LoadFile(folder.ConfigFile, []);
        TorchSetup.Apply(config.Cluster.ThreadsPerWorker);
        var tokenizer = TokenizerStore.Load(folder.Tokenizer);
        if (checkpoint.State.VocabHash != tokenizer.VocabHash)
            throw new UserErrorException($"{folder.Tokenizer} is not the tokenizer that {checkpoint.Path} was trained with");

        var vocab = config.Model.Vocab ?? tokenizer.VocabSize;
        var layout = FlatLayout.Of(GptParameters.Table(config.Model, vocab));
        var parameters = ParameterSet.Allocate(layout, withGradients: false);
        try
        {
            var run = new TrainedRun(config, tokenizer, checkpoint, layout, parameters, new GptModel(config.Model, parameters));
            checkpoint.LoadWeights(run.Weights);
            return run;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        Parameters.Dispose();
    }
}
