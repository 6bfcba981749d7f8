using Akka.Actor;
using DyT.Cluster;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Runs;

namespace DyT.Bench.Control;

/// <summary>A worker's voice on the control plane without anything behind it: it says what the real one says, as often, and computes nothing.</summary>
internal sealed class SimulatedWorker : ReceiveActor, IWithTimers
{
    private readonly string _name;
    private readonly string _incarnation = Guid.NewGuid().ToString("N");
    private readonly ActorSelection _candidate;
    private readonly byte[] _secret;
    private readonly Attendance _attendance;
    private IActorRef? _coordinator;
    private GenerationPlan? _running;
    private long _highest;
    private long _step;

    public SimulatedWorker(string name, string coordinator, byte[] secret, Attendance attendance)
    {
        _name = name;
        _secret = secret;
        _attendance = attendance;
        _candidate = Context.ActorSelection(coordinator);
        Receive<Welcome>(_ =>
        {
            if (_coordinator is not null)
                return; // an answer to a repeated registration
            _coordinator = Sender;
            Say(new WorkerReady(_name, _incarnation, _step, _highest, _running));
        });
        Receive<RegistrationChallenge>(m => Sender.Tell(RegistrationProof.Sign(Registration(m.Nonce), _secret), Self));
        Receive<StartGeneration>(m => Enter(m.Plan));
        Receive<NextGeneration>(m => Enter(m.Plan));
        Receive<AbortGeneration>(OnAbort);
        Receive<NotRegistered>(_ => _coordinator = null);
        Receive<Heard>(_ => { });
        Receive<Tick>(_ => OnTick());
        Receive<Commit>(OnCommit);
        Receive<LosePeer>(_ => Say(new GenerationFailed(_name, _highest, _step, $"not {_name}", "its connection broke")));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        // Real workers do not start in the same instant either.
        var first = TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * Timings.RegisterInterval.TotalMilliseconds);
        Self.Tell(Tick.Instance);
        Timers.StartPeriodicTimer("tick", Tick.Instance, first, Timings.RegisterInterval);
    }

    private void OnTick()
    {
        if (_coordinator is null)
            _candidate.Tell(Registration([]), Self);
        else
            Say(new WorkerAlive(_name, _incarnation, _highest, _running?.Number ?? 0, _running is not null, _step, "micro-shard 17 (3); all-reduce 1234, waiting for w1 (3 chunks)", 0.1, 0));
    }

    private Register Registration(byte[] challenge) => new(_name, _incarnation, "127.0.0.1", 1024, "simulated", "simulated", challenge, []);

    private void Enter(GenerationPlan plan)
    {
        if (plan.Number <= _highest)
            return;
        _highest = plan.Number;
        _running = plan;
        Say(new GenerationEntered(_name, plan.Number, _step));
        _attendance.Enter(plan.Number);
    }

    private void OnAbort(AbortGeneration abort)
    {
        Say(new AbortReceived(_name, abort.Number));
        _highest = Math.Max(_highest, abort.Number);
        _running = null;
        Say(new GenerationFailed(_name, abort.Number, _step, null, abort.Reason));
    }

    private void OnCommit(Commit commit)
    {
        if (_running is not { } plan)
            return;
        _step = commit.Step;
        var rank = plan.RankOf(_name);
        if (rank == plan.LeadRank)
        {
            Say(new StepReported(new StepMetrics
            {
                Step = _step, Generation = plan.Number, WorldSize = plan.WorldSize, Loss = 3.2, LearningRate = 1e-3, GradNorm = 0.7, Tokens = 1 << 20, Seconds = 1, Samples = "0123456789abcdef", Time = DateTimeOffset.UtcNow,
            }));
        }

        Say(new StatusReported(new WorkerStatus { Name = _name, Rank = rank, Step = _step, MicroShards = plan.Members[rank].Range.Count, ComputeSeconds = 0.9, ReduceSeconds = 0.1, ResidentBytes = 1L << 30 }));
    }

    private void Say(IControlMessage message) => _coordinator?.Tell(message, Self);

    /// <summary>A step is committed on this worker.</summary>
    public sealed record Commit(long Step);

    /// <summary>This worker's generation breaks.</summary>
    public sealed record LosePeer
    {
        public static LosePeer Instance { get; } = new();
    }

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }
}

/// <summary>Counts who has entered which generation.</summary>
internal sealed class Attendance(int workers)
{
    private readonly object _lock = new();
    private readonly Dictionary<long, int> _entered = [];
    private long _complete;

    public void Enter(long generation)
    {
        lock (_lock)
        {
            var count = _entered[generation] = _entered.GetValueOrDefault(generation) + 1;
            if (count < workers)
                return;
            _complete = generation;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Returns the first generation after <paramref name="before"/> that all have entered; 0 when there is none in time.</summary>
    public long Await(long before, TimeSpan patience)
    {
        var end = DateTime.UtcNow + patience;
        lock (_lock)
        {
            while (_complete <= before)
            {
                var left = end - DateTime.UtcNow;
                if (left <= TimeSpan.Zero || !Monitor.Wait(_lock, left))
                    return 0;
            }

            return _complete;
        }
    }
}
