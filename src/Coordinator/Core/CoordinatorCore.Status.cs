using DyT.Runs;

namespace DyT.Coordinator.Core;

// What the coordinator says when it is asked.
public sealed partial class CoordinatorCore
{
    public RunStatus Status() => new(
        _limits.RunId,
        _over ? "over" : _stopping ? "stopping" : _rollCall ? "regrouping" : _plan is null ? "waiting" : "training",
        _reason,
        _plan?.Number ?? _generation,
        LedgerStep,
        _config.Train.Steps,
        _goodput.Value,
        [.. _workers.Values.OrderBy(w => w.Name, NaturalOrder.Instance).Select(State)]);

    private WorkerState State(WorkerEntry worker)
    {
        var rank = _plan?.RankOf(worker.Name) ?? -1;
        var shards = rank >= 0 ? _plan!.Members[rank].Range.Count : 0;
        var role = worker.IsLeaving ? "leaves" : !worker.IsReady ? "starts" : rank < 0 ? "waits" : shards > 0 ? "computes" : "observes";
        return new WorkerState(worker.Name, $"{worker.Host}:{worker.DataPort}", role, shards, worker.ReportedStep, worker.Activity, worker.ActivitySeconds, (Now - worker.Heard).TotalSeconds, worker.SecondsPerShard, worker.RefusedConnections, worker.LastStatus?.ResidentBytes, worker.LastStatus?.OptimizerBytes);
    }
}
