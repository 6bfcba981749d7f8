using System.Diagnostics;
using DyT.Collectives;
using DyT.Training.Checkpoints;

namespace DyT.Training.Session;

/// <summary>A state on its way into this worker's buffers, from several peers at once.</summary>
/// <param name="collective">What brings it.</param>
/// <param name="transfers">Its pieces.</param>
/// <param name="header">What is known of it beside the buffers.</param>
/// <param name="begin">Stopwatch timestamp taken before the first transfer was begun: a small one may be done before the last is.</param>
public sealed class IncomingState(ICollective collective, IReadOnlyList<IBulkTransfer> transfers, TrainingState header, long begin)
{
    /// <summary>The committed step of the buffers that are coming.</summary>
    public long Step => header.Step;

    public long TotalBytes => transfers.Sum(t => t.TotalBytes);

    public long DoneBytes => transfers.Sum(t => t.DoneBytes);

    public bool IsDone => transfers.All(t => t.IsDone);

    /// <summary>Since the transfer began, until it was done.</summary>
    public double Seconds => (IsDone ? Stopwatch.GetElapsedTime(begin, transfers.Max(t => t.DoneTimestamp)) : Stopwatch.GetElapsedTime(begin)).TotalSeconds;

    /// <summary>Takes over everything but the buffers (guard, best loss, ...) at once: decisions need it from the next step on.</summary>
    public void RestorePosition(SessionCheckpoints checkpoints)
    {
        checkpoints.RestorePosition(header);
        checkpoints.ForgetPosition();
    }

    /// <summary>Blocks until all of it is here.</summary>
    public void Await()
    {
        foreach (var transfer in transfers)
            collective.Await(transfer);
    }
}
