using DyT.Runs;

namespace DyT.Cli.Processes;

/// <summary>Told of what the processes of a run say. Calls may come from several threads; must not throw.</summary>
public interface IClusterObserver
{
    void OnEvent(RunEvent e);

    /// <summary>A line of log from the process of that name.</summary>
    void OnLog(string process, string line);
}
