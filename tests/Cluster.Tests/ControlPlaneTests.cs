using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Collectives.Tcp;
using DyT.Config;
using DyT.Coordinator;
using DyT.Coordinator.Hosting;
using DyT.Runs;
using DyT.Security;
using DyT.Worker;

namespace DyT.Cluster.Tests;

/// <summary>A coordinator and workers with pretended sessions inside the test process, over real remoting and a real data plane.</summary>
public class ControlPlaneTests : IDisposable
{
    private static readonly byte[] Secret = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly Timings Timings = new(TimeSpan.FromSeconds(4));
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"dyt-control-{Guid.NewGuid():N}");
    private readonly List<IDisposable> _started = [];
    private readonly ConcurrentQueue<RunEvent> _events = [];
    private readonly TaskCompletionSource<int> _ended = new();
    private Address _coordinator = null!;
    private ActorSelection _coordinatorActor = null!;

    /// <summary>Null: without certificates.</summary>
    protected virtual TlsIdentity? Identity(string role) => null;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (var started in Enumerable.Reverse(_started))
            started.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void StartCoordinator(int workers, int minWorkers)
    {
        var config = new RunConfig
        {
            Train = new TrainConfig { GlobalBatch = 8, MicroBatch = 2 },
            Cluster = new ClusterConfig { Workers = workers, MinWorkers = minWorkers, StartTimeout = 30 },
        };
        var folder = new RunFolder(_folder);
        Directory.CreateDirectory(_folder);
        var system = ControlPlane.Start(ControlPlane.CoordinatorRole, "127.0.0.1", 0, Timings, Identity(NodeRole.Coordinator));
        _coordinator = ControlPlane.AddressOf(system);
        Coordinators.Join(system, []);
        var job = new CoordinatorJob(folder, config, "name: x\n", Secret, Timings, _ended);
        var events = new EventWriter(new Lines(line => _events.Enqueue(RunEvent.TryParse(line)!)));
        _coordinatorActor = Coordinators.StartSingleton(system, Props.Create(() => new CoordinatorActor(job, events)));
        _started.Add(system);
    }

    private (ActorSystem System, WorkerJob Job) StartWorker(string name, FakeSession session, byte[]? secret = null, string? runId = null)
    {
        var listener = new DataPlaneListener("127.0.0.1", 0, new DataPlaneIdentity("run", Secret), new DataPlaneOptions { Silence = TimeSpan.FromSeconds(20), Security = Identity(NodeRole.Worker) is null ? DataSecurity.Hello : DataSecurity.Tls, Tls = Identity(NodeRole.Worker) });
        var job = new WorkerJob
        {
            Name = name,
            RunId = runId ?? new RunFolder(_folder).Id,
            Coordinators = [_coordinator],
            Timings = Timings,
            OrphanPatience = TimeSpan.FromSeconds(20),
            Host = "127.0.0.1",
            DataPort = listener.Port,
            Secret = secret ?? Secret,
            Patience = new Patience(TimeSpan.FromSeconds(20)),
            Connect = (plan, patient, cancellation) => listener.Connect(plan, plan.RankOf(name), cancellation, patient ? Timeout.InfiniteTimeSpan : null),
            OpenSession = _ => session,
        };
        var system = ControlPlane.Start(ControlPlane.WorkerRole, "127.0.0.1", 0, Timings, Identity(NodeRole.Worker), [_coordinator]);
        system.ActorOf(Props.Create(() => new WorkerActor(job)), "worker");
        _started.Add(listener);
        _started.Add(system);
        return (system, job);
    }

    private void WaitFor(Func<bool> condition, string what)
    {
        var begin = Stopwatch.GetTimestamp();
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)), $"{what} did not happen in {Stopwatch.GetElapsedTime(begin)}; events: {string.Join("; ", _events)}");
    }

    [Fact]
    public async Task Two_workers_train_to_the_end_and_every_step_is_in_the_ledger()
    {
        StartCoordinator(workers: 2, minWorkers: 2);
        var jobs = new[] { StartWorker("w0", new FakeSession(50)).Job, StartWorker("w1", new FakeSession(50)).Job };
        WaitFor(() => _ended.Task.IsCompleted, "the end");
        Assert.Equal(0, await _ended.Task);
        Assert.Equal(new RunEnded(RunOutcome.Finished, 50, "done"), _events.OfType<RunEnded>().Single());
        Assert.Equal(50, _events.OfType<StepCommitted>().Count());
        WaitFor(() => jobs.All(j => j.Ended.Task.IsCompleted), "the workers' end");
    }

    [Fact]
    public void When_a_worker_vanishes_the_other_goes_on_in_a_new_generation()
    {
        StartCoordinator(workers: 2, minWorkers: 1);
        using var together = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        bool AreTwo() => _events.OfType<GenerationFormed>().LastOrDefault() is { } g && g.MicroShards.Count(m => m > 0) == 2;
        var living = new FakeSession(1000)
        {
            AfterStep = step =>
            {
                // Slowly while it is alone, so that the other one finds it at work; then busy computing while that one dies.
                if (step < 10 || together.IsSet)
                    return;
                if (!SpinWait.SpinUntil(AreTwo, TimeSpan.FromMilliseconds(20)))
                    return;
                together.Set();
                goOn.Wait();
            },
        };
        StartWorker("w0", living);
        WaitFor(() => _events.OfType<StepCommitted>().Any(), "a step");
        var (system, _) = StartWorker("w1", new FakeSession(1000));
        Assert.True(together.Wait(TimeSpan.FromSeconds(30)), "the second did not join");
        Assert.DoesNotContain(_events.OfType<Notice>(), n => n.Message.Contains("waiting for", StringComparison.Ordinal)); // nothing was aborted for it
        // The process' death: its listener and its actor system are gone at once.
        _started[^2].Dispose();
        system.Terminate();
        // The other one still computes and cannot notice, for longer than a roll call: it must not be taken for dead.
        WaitFor(() => _events.OfType<Notice>().Any(n => n.Message.Contains("waiting for w0", StringComparison.Ordinal)), "the roll call of the death");
        goOn.Set();
        WaitFor(() => _ended.Task.IsCompleted, "the end");
        Assert.DoesNotContain(_events.OfType<Notice>(), n => n.Message.Contains("w0 does not answer", StringComparison.Ordinal));
        Assert.Equal(RunOutcome.Finished, _events.OfType<RunEnded>().Single().Outcome);
        Assert.Equal(Enumerable.Range(1, 1000).Select(i => (long)i), _events.OfType<StepCommitted>().Select(s => s.Metrics.Step).Distinct());
    }

    [Fact]
    public void A_stop_reaches_everyone_in_the_same_step()
    {
        StartCoordinator(workers: 2, minWorkers: 2);
        var sessions = new[] { new FakeSession(int.MaxValue), new FakeSession(int.MaxValue) };
        StartWorker("w0", sessions[0]);
        StartWorker("w1", sessions[1]);
        WaitFor(() => _events.OfType<StepCommitted>().Any(), "a step");
        _coordinatorActor.Tell(new GracefulStop());
        WaitFor(() => _ended.Task.IsCompleted, "the end");
        Assert.Equal(RunOutcome.Stopped, _events.OfType<RunEnded>().Single().Outcome);
        Assert.Equal(sessions[0].CommittedStep, sessions[1].CommittedStep);
    }

    [Fact]
    public async Task Whoever_does_not_know_the_secret_is_refused_and_named()
    {
        StartCoordinator(workers: 1, minWorkers: 1);
        var (_, job) = StartWorker("spy", new FakeSession(1), secret: new byte[32]);
        WaitFor(() => job.Ended.Task.IsCompleted, "the refusal");
        Assert.Equal(1, await job.Ended.Task);
        Assert.Contains(_events.OfType<Notice>(), n => n.Message.Contains("spy", StringComparison.Ordinal) && n.Message.Contains("secret", StringComparison.Ordinal));
        Assert.Empty(_events.OfType<GenerationFormed>());
    }

    [Fact]
    public async Task A_worker_that_was_started_for_another_run_ends_and_is_in_no_generation()
    {
        StartCoordinator(workers: 1, minWorkers: 1);
        var (_, job) = StartWorker("stray", new FakeSession(1), runId: "yesterdays");
        WaitFor(() => job.Ended.Task.IsCompleted, "its end");
        Assert.Equal(UserErrorException.Usage, await job.Ended.Task);
        Assert.Empty(_events.OfType<GenerationFormed>());
    }

    [Fact]
    public void A_peer_that_never_registered_can_neither_end_nor_falsify_the_run()
    {
        StartCoordinator(workers: 1, minWorkers: 1);
        using var reached = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        StartWorker("w0", new FakeSession(20)
        {
            AfterStep = step =>
            {
                if (step != 5)
                    return;
                reached.Set();
                goOn.Wait();
            },
        });
        Assert.True(reached.Wait(TimeSpan.FromSeconds(30)), "step 5 was not reached");

        // Speaks our protocol, without the secret. Each attack is followed by a marker of the same peer: when that is seen, the attack had its chance.
        using var peer = ControlPlane.Start(ControlPlane.WorkerRole, "127.0.0.1", 0, Timings, Identity(NodeRole.Worker), [_coordinator]);
        var coordinator = peer.ActorSelection(CoordinatorPath);
        var direct = DirectReference(peer);
        var invented = new StepMetrics { Step = 900, Generation = 1, WorldSize = 1, Loss = 0, LearningRate = 1, GradNorm = 1, Tokens = 1, Seconds = 1 };
        object[] attacks =
        [
            Kill.Instance, PoisonPill.Instance, new StopRun(), new WorkerFailed("w0", "gotcha"), new StepReported(invented), new SessionEnded("w0", 1, RunOutcome.Finished, 900, "gotcha"),
            new GenerationFailed("w0", 1, 900, null, "gotcha"), new NoticeReported("gotcha"),
        ];
        for (var i = 0; i < attacks.Length; i++)
        {
            coordinator.Tell(attacks[i], ActorRefs.NoSender);
            direct.Tell(attacks[i], ActorRefs.NoSender);
            SeeMarker(coordinator, $"marker{i}.");
        }

        // System messages break the connection when refused, so they come from a peer of their own.
        using var other = ControlPlane.Start(ControlPlane.WorkerRole, "127.0.0.1", 0, Timings, Identity(NodeRole.Worker), [_coordinator]);
        SeeMarker(other.ActorSelection(CoordinatorPath), "marker before."); // system messages wait for the handshake, others may overtake them
        DirectReference(other).Suspend();
        DirectReference(other).Stop();
        SeeMarker(other.ActorSelection(CoordinatorPath), "marker after.");
        goOn.Set();
        WaitFor(() => _ended.Task.IsCompleted, "the end");
        Assert.Equal(new RunEnded(RunOutcome.Finished, 20, "done"), _events.OfType<RunEnded>().Single());
        Assert.Single(_events.OfType<GenerationFormed>());
        Assert.Equal(20, _events.OfType<StepCommitted>().Max(s => s.Metrics.Step));
        Assert.DoesNotContain(_events, e => e.ToJson().Contains("gotcha", StringComparison.Ordinal));
    }

    private ActorPath CoordinatorPath => new RootActorPath(_coordinator) / "user" / "coordinator" / "singleton";

    private IInternalActorRef DirectReference(ActorSystem peer) => (IInternalActorRef)((ExtendedActorSystem)peer).Provider.ResolveActorRef(CoordinatorPath.ToStringWithAddress());

    /// <summary>A registration without proof, which is named in a notice; said again because a refused message may take the connection with it.</summary>
    private void SeeMarker(ActorSelection coordinator, string marker)
    {
        bool Seen() => _events.OfType<Notice>().Any(n => n.Message.Contains(marker, StringComparison.Ordinal));
        WaitFor(
            () =>
            {
                coordinator.Tell(Unproven(marker), ActorRefs.NoSender);
                return SpinWait.SpinUntil(Seen, TimeSpan.FromMilliseconds(500));
            },
            marker);
    }

    private static Register Unproven(string name) => new(name, "1", "127.0.0.1", 1, "machine", "build", new byte[32], new byte[32]);

    [Fact]
    public void A_recorded_registration_cannot_take_a_workers_place()
    {
        StartCoordinator(workers: 2, minWorkers: 2);
        using var peer = ControlPlane.Start(ControlPlane.WorkerRole, "127.0.0.1", 0, Timings, Identity(NodeRole.Worker), [_coordinator]);
        using var worker = Inbox.Create(peer);
        var recorded = Register(peer, worker, "1");
        var present = Register(peer, worker, "2"); // started again: the first process' registration is gone

        using var thief = Inbox.Create(peer);
        peer.ActorSelection(CoordinatorPath).Tell(recorded, thief.Receiver);
        Assert.IsType<RegistrationChallenge>(thief.Receive(Deadline)); // and not a welcome
        WaitFor(() => _events.OfType<Notice>().Any(n => n.Message.Contains("repeated an old registration of w0 and was refused", StringComparison.Ordinal)), "the notice");
        peer.ActorSelection(CoordinatorPath).Tell(new WorkerAlive("w0", present.Incarnation, 0, 0, false, WorkerAlive.NoSession, "", 0, 0), worker.Receiver);
        Assert.IsType<Heard>(worker.Receive(Deadline)); // its place is still its own
    }

    /// <summary>What a worker's process does to be taken in; the registration that was accepted.</summary>
    private Register Register(ActorSystem peer, Inbox worker, string incarnation)
    {
        var coordinator = peer.ActorSelection(CoordinatorPath);
        var asking = new Register("w0", incarnation, "127.0.0.1", 1, "machine", "build", [], []);
        // One long look into the inbox: one that ran into its own end could still take a later message with it.
        var first = Task.Run(() => worker.Receive(Deadline));
        WaitFor(
            () =>
            {
                coordinator.Tell(asking, worker.Receiver);
                return first.Wait(TimeSpan.FromMilliseconds(300));
            },
            "a challenge"); // again and again: the coordinator may not decide yet
        var answer = first.GetAwaiter().GetResult();
        var answering = RegistrationProof.Sign(asking with { Challenge = Assert.IsType<RegistrationChallenge>(answer).Nonce }, Secret);
        coordinator.Tell(answering, worker.Receiver);
        while (answer is RegistrationChallenge)
            answer = worker.Receive(Deadline);
        Assert.IsType<Welcome>(answer);
        return answering;
    }

    private sealed class Lines(Action<string> take) : StringWriter
    {
        public override void WriteLine(string? value) => take(value!);
    }
}
