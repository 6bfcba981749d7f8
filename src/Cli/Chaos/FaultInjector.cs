using System.Diagnostics;
using System.Globalization;
using DyT.Cli.Processes;
using DyT.Runs;

namespace DyT.Cli.Chaos;

/// <summary>
/// Injects a schedule of faults into a run, one after the other, on a thread of its own, and takes down what is needed to judge the run by. The next fault
/// comes when it is due and steps are committed again after the one before.
/// </summary>
public sealed class FaultInjector(IReadOnlyList<Fault> schedule, ChaosPlan plan, NetworkNamespaces? network, SmallDisk? disk, TimeSpan patience, Action<string> say) : IRunCompanion, IDisposable
{
    private const int CalmSteps = 3;
    private static readonly TimeSpan PidPatience = TimeSpan.FromSeconds(30);

    private readonly object _lock = new(); // pulsed at every commit and change of the roster
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;
    private readonly FaultCursor _cursor = new(schedule);
    private readonly List<Commit> _timeline = [];
    private readonly List<Presence> _presence = [];
    private readonly List<(Fault Fault, double At)> _injected = [];
    private LocalCluster? _cluster;
    private long _step;
    private int _commits;
    private bool _over;

    public RestartPolicy Restarts => RestartPolicy.Always;

    /// <summary>Commits in the order of time; to be read when the run is over.</summary>
    public IReadOnlyList<Commit> Timeline => [.. _timeline.OrderBy(c => c.At)];

    public IReadOnlyList<Presence> Presence => _presence;

    public IReadOnlyList<(Fault Fault, double At)> Injected => _injected;

    public double Elapsed => _clock.Elapsed.TotalSeconds;

    public void Attach(LocalCluster cluster)
    {
        _cluster = cluster;
        new Thread(Inject) { IsBackground = true, Name = "chaos" }.Start();
    }

    public void OnEvent(RunEvent e)
    {
        lock (_lock)
        {
            switch (e)
            {
                case StepCommitted step:
                    // When the worker committed it, and not when it was heard of: a coordinator may have been away in between.
                    var committed = (step.Metrics.Time - _start).TotalSeconds + step.Metrics.Seconds;
                    _timeline.Add(Commit.Of(step.Metrics, committed));
                    _step = Math.Max(_step, step.Metrics.Step);
                    _commits++;
                    break;
                case RosterChanged roster:
                    _presence.Add(new Presence(Elapsed, roster.Workers.Count));
                    break;
                case RunEnded:
                    _over = true;
                    break;
            }

            Monitor.PulseAll(_lock);
        }
    }

    public void OnLog(string process, string line)
    {
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _over = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Inject()
    {
        while (_cursor.Left > 0)
        {
            if (Await(() => _cursor.Next(_step)) is not { } fault)
                return;
            say(string.Create(CultureInfo.InvariantCulture, $"chaos: after step {_step}: {fault.What}"));
            lock (_lock)
                _injected.Add((fault, Elapsed));
            Do(fault);
            int before;
            lock (_lock)
                before = _commits;
            if (Await(() => _commits >= before + CalmSteps ? fault : null) is null)
                return;
        }
    }

    /// <summary>Waits for a condition that commits bring about; null when the run is over, or stuck: then it is ended, which fails the test.</summary>
    private Fault? Await(Func<Fault?> condition)
    {
        lock (_lock)
        {
            var (commits, since) = (_commits, Stopwatch.GetTimestamp());
            while (!_over)
            {
                if (condition() is { } fault)
                    return fault;
                if (_commits != commits)
                    (commits, since) = (_commits, Stopwatch.GetTimestamp());
                if (Stopwatch.GetElapsedTime(since) > patience)
                {
                    say(string.Create(CultureInfo.InvariantCulture, $"chaos: nothing was committed for {patience.TotalSeconds:0} s: the run is stuck and is ended"));
                    _over = true;
                    _cluster!.Kill();
                    return null;
                }

                Monitor.Wait(_lock, TimeSpan.FromSeconds(1));
            }

            return null;
        }
    }

    private void Do(Fault fault)
    {
        switch (fault)
        {
            case KillWorker kill:
                Signal(ClusterPlan.WorkerName(kill.Index), UnixSignal.Kill);
                break;
            case FreezeWorker freeze:
                var frozen = ClusterPlan.WorkerName(freeze.Index);
                if (Signal(frozen, UnixSignal.Stop) is { } pid)
                {
                    Pause(freeze.Seconds);
                    ProcessSignals.Send(pid, UnixSignal.Continue);
                }

                break;
            case DrainWorker drain:
                Signal(ClusterPlan.WorkerName(drain.Index), UnixSignal.Terminate);
                break;
            case JoinWorker:
                _cluster!.AddWorker();
                break;
            case KillCoordinator:
                Signal(_cluster!.Deciding, UnixSignal.Kill);
                break;
            case CutConnections cut:
                plan.Cut(cut.Index);
                break;
            case SlowLink slow:
                plan.SlowDown(slow.Index, slow.BytesPerSecond, slow.Delay);
                Pause(slow.Seconds);
                plan.SlowDown(slow.Index, null, TimeSpan.Zero);
                break;
            case DiskFull full:
                disk!.Fill();
                Pause(full.Seconds);
                disk.Free();
                break;
            case Partition partition:
                network!.Isolate(partition.Isolated);
                Pause(partition.Seconds);
                network.Heal();
                break;
        }
    }

    /// <summary>Sends a signal to a process by its name; it may just be starting. Null when it is not there in time.</summary>
    private int? Signal(string name, UnixSignal signal)
    {
        var since = Stopwatch.GetTimestamp();
        do
        {
            if (_cluster!.Snapshot().FirstOrDefault(p => p.Name == name) is { Id: > 0 } process && ProcessSignals.Send(process.Id, signal))
                return process.Id;
            Pause(0.05);
        }
        while (!_over && Stopwatch.GetElapsedTime(since) < PidPatience);
        say($"chaos: {name} is not there");
        return null;
    }

    /// <summary>Lets time go by, unless the run is over.</summary>
    private void Pause(double seconds)
    {
        var until = Elapsed + seconds;
        lock (_lock)
        {
            while (!_over && Elapsed < until)
                Monitor.Wait(_lock, TimeSpan.FromSeconds(Math.Max(0.001, until - Elapsed)));
        }
    }
}
