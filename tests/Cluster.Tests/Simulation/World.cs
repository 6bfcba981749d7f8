using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Config;
using DyT.Coordinator.Core;
using DyT.Runs;

namespace DyT.Cluster.Tests.Simulation;

/// <summary>A whole run in virtual time: coordinator, workers, network, disk, faults by seed; and what must hold in it.</summary>
internal sealed class World
{
    internal static readonly byte[] Secret = new byte[32];

    private const int Names = 4;
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Peace = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, SimGeneration> _generations = [];
    private readonly Dictionary<string, SimWorker> _workers = [];
    private readonly int[] _incarnations = new int[Names];
    private readonly List<string> _story = [];
    private long _highestEntered;
    private RunEnded? _ended;

    public World(int seed)
    {
        Clock = new Clock(seed);
        Network = new Network(Clock);
        Late = Clock.Chance(0.3);
        Config = new RunConfig
        {
            Train = new TrainConfig { GlobalBatch = 7, MicroBatch = 1, Steps = 400 },
            // More than half, as the documentation asks for where a network may split.
            Cluster = new ClusterConfig { Workers = Names, MinWorkers = 3, FailureDetection = 5, Spares = Clock.Random.Next(0, 2), MaxWorkers = Clock.Chance(0.3) ? 3 : null },
        };
    }

    public Clock Clock { get; }

    public Network Network { get; }

    /// <summary>Whether orders of dead coordinators still reach workers, long after.</summary>
    public bool Late { get; }

    public RunConfig Config { get; }

    public Timings Timings => new(TimeSpan.FromSeconds(Config.Cluster.FailureDetection));

    public TimeSpan Silence => Timings.DataSilence;

    public long Steps => Config.Train.Steps;

    public SimCoordinator? Coordinator { get; private set; }

    /// <summary>On disk: outlives every process.</summary>
    public long Checkpoint { get; set; }

    public CoordinatorMemo? Memo { get; set; }

    public List<StepMetrics> Ledger { get; } = [];

    public long LedgerStep => Ledger.Count == 0 ? 0 : Ledger[^1].Step;

    public int Faults { get; private set; }

    public string Story => string.Join(Environment.NewLine, _story.TakeLast(80).Concat(_workers.Values.Select(w => w.ToString())).Append(Coordinator?.ToString() ?? ""));

    /// <summary>Trouble for a while, then peace: the run must come to its end.</summary>
    public void Run()
    {
        Coordinator = new SimCoordinator(this);
        for (var i = 0; i < Names; i++)
            StartWorker(i);
        Network.LossProbability = Clock.Chance(0.5) ? 0.02 : 0;
        Network.LateProbability = Late ? 0.01 : 0;
        ScheduleFault();
        Clock.RunUntil(() => _ended is not null, Trouble);
        Network.LossProbability = 0;
        Network.LateProbability = 0;
        Check(Clock.RunUntil(() => _ended is not null, Clock.Now + Peace), $"the run does not come to its end; it is at step {LedgerStep}");
        Check(_ended!.Outcome == RunOutcome.Finished, $"it ended so: {_ended}");
    }

    public SimGeneration GenerationOf(GenerationPlan plan)
    {
        var key = Convert.ToHexString(plan.Digest());
        return _generations.TryGetValue(key, out var known) ? known : _generations[key] = new SimGeneration(this, plan);
    }

    public void OnEntered(GenerationPlan plan, long step)
    {
        Tell($"generation {plan.Number} ({string.Join(' ', plan.Members.Select(m => $"{m.Name}x{m.Range.Count}"))}) begins after step {step}");
        Check(plan.Number > _highestEntered, $"generation {plan.Number} begins after generation {_highestEntered}");
        Check(plan.Members.Count(m => !m.IsObserver) >= Math.Min(1, plan.WorldSize), "nobody computes");
        _highestEntered = plan.Number;
        // Invariant 3: no committed step is lost while a member of the generation has it.
        foreach (var worker in plan.Members.Select(m => _workers[m.Name]))
            Check(worker.Committed <= step, $"{worker.Name} is at {worker.Committed}, ahead of the start");
    }

    /// <summary>All gradients of a step are summed.</summary>
    public void OnReduced(GenerationPlan plan, long step)
    {
        Check(plan.Number == _highestEntered, $"generation {plan.Number} completes step {step} although generation {_highestEntered} has begun");
        var shards = plan.Members.SelectMany(m => Enumerable.Range(m.Range.Start, m.Range.Count)).ToList();
        Check(shards.SequenceEqual(Enumerable.Range(0, Config.Train.MicroShards)), $"micro-shards of step {step} are not each there once");
    }

    public void Append(StepMetrics metrics)
    {
        // A gap is lawful only when everyone has died who could tell of the step.
        for (var step = LedgerStep + 1; step < metrics.Step; step++)
            Check(!_workers.Values.Any(w => w.Knows(step)), $"step {metrics.Step} comes after {LedgerStep} in the ledger");
        Check(metrics.Step > LedgerStep, $"step {metrics.Step} comes after {LedgerStep} in the ledger");
        Ledger.Add(metrics);
    }

    public void Truncate(long step)
    {
        Ledger.RemoveAll(s => s.Step > step);
    }

    public void OnEnded(RunEnded ended)
    {
        Tell($"ended: {ended}");
        _ended = ended;
    }

    public void Check(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"at {Clock.Now}: {what}");
    }

    public void Tell(string what) => _story.Add($"{Clock.Now.TotalSeconds:0.000} {what}");

    private void StartWorker(int index) => _workers[$"w{index}"] = new SimWorker(this, $"w{index}", _incarnations[index]++);

    private void ScheduleFault() => Clock.After(Clock.Milliseconds(5, 5000), () =>
    {
        if (_ended is not null || Clock.Now > Trouble)
            return;
        var index = Clock.Random.Next(Names);
        var worker = _workers[$"w{index}"];
        Faults++;
        switch (Clock.Random.Next(6))
        {
            case 0 or 1 when worker.IsAlive:
                Tell($"{worker.Name} dies");
                worker.Die();
                Clock.After(Clock.Milliseconds(0, 3000), () => Restart(index, worker));
                break;
            case 2 when worker.IsAlive && !worker.IsFrozen:
                var freeze = Clock.Milliseconds(50, 12_000);
                Tell($"{worker.Name} freezes for {freeze:0} ms");
                worker.Freeze(freeze);
                break;
            case 3 when worker.IsAlive:
                Tell($"{worker.Name} wants to leave");
                worker.AskToLeave();
                WatchLeaver(index, worker);
                break;
            case 4 when Coordinator is { IsAlive: true } coordinator:
                Tell("the coordinator dies");
                coordinator.Die();
                Clock.After(Clock.Milliseconds(20, 7000), () => Coordinator = _ended is null ? new SimCoordinator(this) : null);
                break;
            case 5 when worker.IsAlive:
                var cut = Clock.Milliseconds(50, 9000);
                Tell($"{worker.Name} is cut off for {cut:0} ms");
                Network.CutOff(worker.Name);
                var generation = worker.Generation;
                Clock.After(Silence.TotalMilliseconds, () =>
                {
                    if (cut > Silence.TotalMilliseconds)
                    {
                        generation?.Break(worker.Name, 0, 300);
                        if (generation is not null)
                            worker.OnBroken(generation, null);
                    }
                });
                Clock.After(cut, () => Network.Reconnect(worker.Name));
                break;
        }

        ScheduleFault();
    });

    private void Restart(int index, SimWorker dead)
    {
        if (_ended is null && _workers[$"w{index}"] == dead)
            StartWorker(index);
    }

    /// <summary>Whoever has left comes back after a while; whoever may not leave in time is ended.</summary>
    private void WatchLeaver(int index, SimWorker worker)
    {
        Clock.After(8000, () =>
        {
            if (worker.IsAlive)
                worker.Die();
        });
        Clock.After(Clock.Milliseconds(8100, 11_000), () => Restart(index, worker));
    }
}
