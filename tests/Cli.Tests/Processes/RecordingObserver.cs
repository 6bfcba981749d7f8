using System.Collections.Concurrent;
using DyT.Cli.Processes;
using DyT.Runs;

namespace DyT.Cli.Tests.Processes;

/// <summary>Keeps what it is told, and lets a test wait for it.</summary>
internal sealed class RecordingObserver : IChildObserver, IClusterObserver
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly BlockingCollection<string> _told = [];

    public List<string> All { get; } = [];

    public void OnOutput(ChildProcess child, string line) => _told.Add($"out {line}");

    public void OnError(ChildProcess child, string line) => _told.Add($"err {line}");

    public void OnExit(ChildProcess child, int exitCode) => _told.Add($"exit {exitCode}");

    public void OnEvent(RunEvent e) => _told.Add($"event {e}");

    public void OnLog(string process, string line) => _told.Add($"log {process}: {line}");

    /// <summary>Waits until something is told that begins so.</summary>
    public string WaitFor(string beginning)
    {
        while (_told.TryTake(out var told, Deadline))
        {
            All.Add(told);
            if (told.StartsWith(beginning, StringComparison.Ordinal))
                return told;
        }

        throw new TimeoutException($"not told of '{beginning}' within {Deadline}; told: {string.Join("; ", All)}");
    }

    /// <summary>All that was told up to now.</summary>
    public IReadOnlyList<string> Drain()
    {
        while (_told.TryTake(out var told))
            All.Add(told);
        return All;
    }
}
