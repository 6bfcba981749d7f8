namespace DyT.Cluster.Startup;

/// <summary>All time-outs, derived from the one budget <c>cluster.failure_detection</c>, so that they nest.</summary>
public sealed record Timings(TimeSpan Budget)
{
    /// <summary>A sign of life, of workers to the coordinator and between coordinators.</summary>
    public TimeSpan HeartbeatInterval => Budget / 8;

    /// <summary>Membership tolerates this much without a sign of life before it calls a host unreachable.</summary>
    public TimeSpan HeartbeatPause => Budget / 2;

    /// <summary>An unreachable host is removed when nothing has changed for this long.</summary>
    public TimeSpan StableAfter => Budget / 4;

    /// <summary>The data plane's patience with a peer that sends nothing, not even a heartbeat.</summary>
    public TimeSpan DataSilence => Budget * 0.9;

    /// <summary>After an abort, members that do not answer within this are dropped: a live process answers at once.</summary>
    public TimeSpan RollCall => Budget / 5;

    /// <summary>A plan that a worker's signs of life do not show for so long is sent again: it got lost.</summary>
    public TimeSpan OrderPatience => Budget / 5;

    /// <summary>A worker from which the coordinator hears nothing for so long is lost; a worker looks for the coordinator again as early.</summary>
    public TimeSpan ControlSilence => Budget;

    /// <summary>A worker says again who it is until it is welcomed.</summary>
    public static TimeSpan RegisterInterval => TimeSpan.FromMilliseconds(300);
}
