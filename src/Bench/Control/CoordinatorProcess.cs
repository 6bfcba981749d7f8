using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using DyT.Cluster;
using DyT.Config;
using DyT.Runs;
using DyT.Security;

namespace DyT.Bench.Control;

/// <summary>The real coordinator program as a child, so that its processor time is its own alone.</summary>
internal sealed class CoordinatorProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly BlockingCollection<RunEvent> _events = [];

    public CoordinatorProcess(RunFolder folder, RunConfig config)
    {
        Secret = RandomNumberGenerator.GetBytes(32);
        File.WriteAllText(folder.ConfigFile, ConfigWriter.ToYaml(config, comments: false));
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["exec", Programs.Find("Coordinator", "dyt-coordinator.dll"), "--run", folder.Path, "--port", "0", "--attached"])
            start.ArgumentList.Add(argument);
        start.Environment[RunSecret.Variable] = Convert.ToHexStringLower(Secret);
        _process = Process.Start(start)!;
        new Thread(Read) { IsBackground = true, Name = "coordinator output" }.Start();
        var ready = Await<CoordinatorReady>();
        (Host, Port) = (ready.Host, ready.Port);
    }

    public byte[] Secret { get; }

    public string Host { get; }

    public int Port { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close(); // it ends with its starter
        if (!_process.WaitForExit(Patience))
            _process.Kill();
        _process.Dispose();
        _events.Dispose();
    }

    private T Await<T>()
        where T : RunEvent
    {
        while (_events.TryTake(out var e, Patience))
        {
            if (e is T wanted)
                return wanted;
            if (e is RunEnded ended)
                throw new UserErrorException($"the coordinator ended: {ended.Message}");
        }

        throw new UserErrorException("the coordinator did not start");
    }

    private void Read()
    {
        var isReady = false;
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            // Read to the end like 'dyt train' does, but only the first event is of interest: parsing the rest would take this machine's time.
            if (isReady || RunEvent.TryParse(line) is not { } e)
                continue;
            isReady = e is CoordinatorReady;
            _events.Add(e);
        }
    }
}
