using DyT.Config;
using DyT.Runs;
using DyT.Training.Checkpoints;

namespace DyT.Training.Runs;

/// <summary>What a person may name where a command takes a run or a checkpoint.</summary>
public static class CheckpointReference
{
    /// <summary>The run's folder and the checkpoint meant: the one named, or the run's newest valid (or best) one.</summary>
    public static (RunFolder Folder, Checkpoint Checkpoint) Resolve(string reference, Action<string> log, bool best = false)
    {
        if (!Directory.Exists(reference))
            throw new UserErrorException($"{reference} does not exist: name the folder of a run (runs/...) or of a checkpoint (runs/.../checkpoints/step-...)", UserErrorException.Usage);

        if (File.Exists(Path.Combine(reference, Checkpoint.ManifestName)))
        {
            var run = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(reference))));
            return (new RunFolder(run!), Checkpoint.Open(reference));
        }

        var folder = new RunFolder(reference);
        if (!File.Exists(folder.ConfigFile))
            throw new UserErrorException($"{reference} is not the folder of a run: it has no {Path.GetFileName(folder.ConfigFile)}", UserErrorException.Usage);
        var store = new CheckpointStore(folder.Checkpoints);
        var newest = store.NewestValid(log);
        var chosen = best && newest?.State.BestStep is { } step ? store.Valid(step, log) ?? newest : newest;
        return (folder, chosen ?? throw new UserErrorException($"{reference} has no valid checkpoint yet: train first, or name another run"));
    }
}
