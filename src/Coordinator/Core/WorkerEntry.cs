using DyT.Runs;

namespace DyT.Coordinator.Core;

/// <summary>A registered worker, as the coordinator knows it.</summary>
public sealed class WorkerEntry(string name, string incarnation, string host, int dataPort, string machine, string build)
{
    private const double Smoothing = 0.3;

    public string Name => name;

    public string Incarnation => incarnation;

    public string Host => host;

    public int DataPort => dataPort;

    public string Machine => machine;

    public string Build => build;

    /// <summary>Null until its session is open; -1: it has no whole state.</summary>
    public long? CommittedStep { get; set; }

    /// <summary>As its last sign of life said; for people. Decisions take <see cref="CommittedStep"/>, which is exact when they are made.</summary>
    public long? ReportedStep { get; set; }

    public bool IsReady => CommittedStep is not null;

    /// <summary>An observer whose state is level with the others'.</summary>
    public bool IsLevel { get; set; }

    /// <summary>It wants to leave, or was told to.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>When it was last heard of.</summary>
    public TimeSpan Heard { get; set; }

    /// <summary>When it was last sent a plan again.</summary>
    public TimeSpan Reminded { get; set; }

    /// <summary>Its control connection broke and nothing was heard since: it is dead, or its network is.</summary>
    public bool IsSuspect { get; set; }

    public long HighestGeneration { get; set; }

    public long RunningGeneration { get; set; }

    /// <summary>Signs of life in a row in which it was in no generation although it should be.</summary>
    public int SignsOfBeingFree { get; set; }

    public string Activity { get; set; } = "";

    public double ActivitySeconds { get; set; }

    public long RefusedConnections { get; set; }

    /// <summary>Seconds that it computes for one micro-shard, smoothed; null until it has.</summary>
    public double? SecondsPerShard { get; private set; }

    /// <summary>Samples in <see cref="SecondsPerShard"/> since the generation began.</summary>
    public int SpeedSamples { get; set; }

    /// <summary>Since when it has been far slower than the rest; null when it is not.</summary>
    public TimeSpan? SlowSince { get; set; }

    public bool WasNamedSlow { get; set; }

    /// <summary>What it told of itself last; null before its first step.</summary>
    public WorkerStatus? LastStatus { get; private set; }

    public void Report(WorkerStatus status)
    {
        LastStatus = status;
        Took(status.ComputeSeconds, status.MicroShards);
    }

    public void Took(double computeSeconds, int microShards)
    {
        if (microShards <= 0 || !double.IsFinite(computeSeconds) || computeSeconds <= 0)
            return;
        var now = computeSeconds / microShards;
        SecondsPerShard = SecondsPerShard is { } before ? before + Smoothing * (now - before) : now;
        SpeedSamples++;
    }
}
