using DyT.Cluster.Startup;
using DyT.Config;
using DyT.Runs;

namespace DyT.Coordinator.Hosting;

/// <summary>What the coordinator was started for.</summary>
/// <param name="ConfigYaml">The configuration as it stands in the run's folder, for the workers.</param>
/// <param name="Ended">Set to the exit code when the run is over.</param>
public sealed record CoordinatorJob(RunFolder Folder, RunConfig Config, string ConfigYaml, byte[] Secret, Timings Timings, TaskCompletionSource<int> Ended)
{
    private volatile bool _stopRequested;

    /// <summary>Somebody asked this process to stop the run; kept in case it comes to decide only later.</summary>
    public bool StopRequested
    {
        get => _stopRequested;
        set => _stopRequested = value;
    }
}
