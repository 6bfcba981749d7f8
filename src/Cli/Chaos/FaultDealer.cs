using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>Gives faults their victims and durations, and counts along which workers are there.</summary>
internal sealed class FaultDealer(SeededNumbers numbers, int workers, FaultBounds bounds)
{
    private readonly List<int> _present = [.. Enumerable.Range(0, workers)];
    private int _nextIndex = workers + bounds.Spares;
    private bool _freezeBeyond = numbers.Below(2) == 0;
    private bool _partitionBeyond = numbers.Below(2) == 0;

    public bool Allows(FaultKind kind) => kind switch
    {
        FaultKind.DrainWorker => _present.Count > Math.Max(1, bounds.MinWorkers),
        FaultKind.JoinWorker => _present.Count < bounds.MaxWorkers,
        _ => true,
    };

    public Fault Make(FaultKind kind, long step)
    {
        var budget = bounds.FailureDetection;
        switch (kind)
        {
            case FaultKind.KillWorker:
                return new KillWorker(step, Victim());
            case FaultKind.FreezeWorker:
                _freezeBeyond = !_freezeBeyond;
                return new FreezeWorker(step, Victim(), Silence(_freezeBeyond), _freezeBeyond);
            case FaultKind.DrainWorker:
                var leaving = Victim();
                _present.Remove(leaving);
                return new DrainWorker(step, leaving);
            case FaultKind.JoinWorker:
                _present.Add(_nextIndex);
                return new JoinWorker(step, _nextIndex++);
            case FaultKind.KillCoordinator:
                return new KillCoordinator(step);
            case FaultKind.CutConnections:
                return new CutConnections(step, Victim());
            case FaultKind.SlowLink:
                return new SlowLink(step, Victim(), numbers.Between(budget, 2 * budget), bounds.SlowBytesPerSecond, bounds.SlowDelay);
            case FaultKind.DiskFull:
                return new DiskFull(step, numbers.Between(0.5 * budget, 1.5 * budget));
            case FaultKind.Partition:
                _partitionBeyond = !_partitionBeyond;
                return new Partition(step, Minority(), Silence(_partitionBeyond), _partitionBeyond);
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private int Victim() => _present[numbers.Below(_present.Count)];

    // In turn: what nobody notices, far below the shortest patience derived from the budget (half of it), and what everybody must notice.
    private double Silence(bool beyond) => bounds.FailureDetection * (beyond ? numbers.Between(1.5, 2.5) : numbers.Between(0.1, 0.4));

    private int[] Minority()
    {
        var shuffled = _present.ToArray();
        numbers.Shuffle(shuffled);
        var most = Math.Max(1, (_present.Count - 1) / 2);
        return [.. shuffled.Take(1 + numbers.Below(most)).Order()];
    }
}
