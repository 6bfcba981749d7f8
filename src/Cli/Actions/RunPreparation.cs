using DyT.Config;
using DyT.Runs;
using DyT.Training.Data;

namespace DyT.Cli.Actions;

/// <summary>Puts into a run's folder what its processes, and later 'generate', need.</summary>
internal static class RunPreparation
{
    /// <summary>A new folder with the resolved configuration and the vocabulary.</summary>
    public static RunFolder Create(RunConfig config, SessionData data, DateTimeOffset now)
    {
        var run = RunFolders.Create(config.Output, config.Name, now);
        WriteConfig(run, config);
        data.Vocabulary.Save(run.Vocabulary);
        return run;
    }

    /// <summary>A run that is resumed begins without a coordinator before it.</summary>
    /// <exception cref="UserErrorException">There is one: the run is going on.</exception>
    public static void ForgetCoordinator(RunFolder run)
    {
        try
        {
            // The deciding coordinator holds this file as long as it lives.
            using (new FileStream(run.CoordinatorLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                File.Delete(run.CoordinatorFile);
        }
        catch (IOException e)
        {
            throw new UserErrorException($"{run.Path}: a coordinator of this run is at work; stop the run before it is resumed.", inner: e);
        }
    }

    /// <summary>Replaces the resolved configuration; it is the old or the new one at any time.</summary>
    public static void WriteConfig(RunFolder run, RunConfig config)
    {
        try
        {
            AtomicFile.Write(run.ConfigFile, ConfigWriter.ToYaml(config, comments: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{run.ConfigFile}: cannot be written ({e.Message.TrimEnd('.')}); free space or choose another output folder.", inner: e);
        }
    }
}
