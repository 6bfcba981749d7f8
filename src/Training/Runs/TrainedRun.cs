using DyT.Config;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Data;
using DyT.Training.Session;

namespace DyT.Training.Runs;

/// <summary>A run's network with the weights of one checkpoint, to evaluate, generate from or export.</summary>
public sealed class TrainedRun : IDisposable
{
    private TrainedRun(RunFolder folder, RunConfig config, RunVocabulary vocabulary, Checkpoint checkpoint, FlatLayout layout, ParameterSet parameters)
    {
        Folder = folder;
        Config = config;
        Vocabulary = vocabulary;
        Checkpoint = checkpoint;
        Layout = layout;
        Parameters = parameters;
        Network = Networks.Create(config.Model, config.Train, vocabulary.Shape, parameters);
    }

    public RunFolder Folder { get; }

    public RunConfig Config { get; }

    public RunVocabulary Vocabulary { get; }

    public Checkpoint Checkpoint { get; }

    public FlatLayout Layout { get; }

    public ParameterSet Parameters { get; }

    public INetwork Network { get; }

    public List<NamedTensor> Weights => StateTensors.Named(Parameters.Weights, StoredNames.Of(Layout, Config.Model), "");

    /// <summary>The network and vocabulary of a run of one kind.</summary>
    /// <param name="what">What the command needs, for people: <c>a language model</c>.</param>
    /// <exception cref="UserErrorException">The run is of another kind.</exception>
    public (TNetwork Network, TVocabulary Vocabulary) As<TNetwork, TVocabulary>(string what)
        where TNetwork : class, INetwork
        where TVocabulary : RunVocabulary =>
        Network is TNetwork network && Vocabulary is TVocabulary vocabulary
            ? (network, vocabulary)
            : throw new UserErrorException($"{Folder.Path}: this command needs {what}, but the run's model.arch is {Config.Model.Arch.ToString().ToLowerInvariant()}.", UserErrorException.Usage);

    /// <summary>Whether these are the data that the run was trained on.</summary>
    /// <param name="purpose">What they are needed for, for people: <c>evaluate</c>.</param>
    /// <exception cref="UserErrorException">They have changed since.</exception>
    public void CheckData(SessionData data, string purpose)
    {
        if (data.ContentHash != Checkpoint.State.DataHash)
            throw new UserErrorException($"{Config.Data.Source}: not the data that {Checkpoint.Path} was trained on, it has changed since; restore it to {purpose}.");
    }

    /// <summary>Opens a run's folder at the chosen checkpoint.</summary>
    /// <param name="reference">The folder of a run, or of one checkpoint inside it.</param>
    /// <param name="log">Told of damaged checkpoints that were passed over.</param>
    /// <param name="best">Take the checkpoint with the best validation loss instead of the newest, where it was kept.</param>
    public static TrainedRun Open(string reference, Action<string> log, bool best = false)
    {
        var (folder, checkpoint) = CheckpointReference.Resolve(reference, log, best);
        var config = ConfigLoader.LoadFile(folder.ConfigFile, []);
        TorchSetup.Apply(config.Cluster.ThreadsPerWorker);
        var vocabulary = RunVocabulary.Load(config.Model, folder.Vocabulary);
        if (checkpoint.State.VocabHash != vocabulary.Hash)
            throw new UserErrorException($"{folder.Vocabulary} is not the vocabulary that {checkpoint.Path} was trained with");

        var layout = FlatLayout.Of(Networks.Table(config.Model, vocabulary.Shape));
        var parameters = ParameterSet.Allocate(layout, withGradients: false);
        try
        {
            var run = new TrainedRun(folder, config, vocabulary, checkpoint, layout, parameters);
            if (config.Optimizer.Ema > 0 && checkpoint.State.AppliedUpdates() > 0)
                checkpoint.LoadAverage(run.Weights); // what the run was judged by
            else
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
        Network.Dispose();
        Parameters.Dispose();
    }
}
