using Akka.Actor;
using Akka.Remote;
using DyT.Cluster;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Config;
using DyT.Runs;
using DyT.Worker.Core;

namespace DyT.Worker;

/// <summary>
/// The worker's voice on the control plane: finds the coordinator that decides, registers, hands its orders to the session's thread and passes the thread's news
/// on. When that coordinator falls silent it looks for another one; training goes on meanwhile.
/// </summary>
public sealed class WorkerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan PatienceAfterTheEnd = TimeSpan.FromSeconds(10);

    private readonly WorkerJob _job;
    private readonly SessionThread _session;
    private readonly IReadOnlyList<ActorSelection> _candidates;
    private IActorRef? _coordinator; // null while looking for one
    private RunFolder? _folder; // known from the first welcome on
    private string? _configYaml; // likewise
    private Patience _silence; // since the coordinator's last word
    private Patience _search;
    private bool _leaving;

    public WorkerActor(WorkerJob job)
    {
        _job = job;
        _search = job.Patience;
        _silence = new Patience(job.Timings.ControlSilence);
        _candidates = [.. job.Coordinators.Select(a => Context.ActorSelection($"{a}/{ControlPlane.CoordinatorPath}"))];
        var self = Self;
        _session = new SessionThread(new SessionDoors(job.Name, job.Connect, message => self.Tell(new News(message)), job.Recorder, OnBroken));

        Receive<RegistrationChallenge>(OnChallenge);
        Receive<Welcome>(OnWelcome);
        Receive<Refused>(m => FromCandidate(() => End(1, $"the coordinator refused this worker: {m.Reason}")));
        FromCoordinator<Heard>(m => _session.Acknowledge(m.LedgerStep));
        FromCoordinator<NotRegistered>(_ => LookForCoordinator("the coordinator does not know this worker"));
        FromCoordinator<StartGeneration>(m => _session.Start(m.Plan));
        FromCoordinator<NextGeneration>(m => _session.Offer(m.Plan));
        FromCoordinator<AbortGeneration>(OnAbort);
        FromCoordinator<StopRun>(_ => _session.RequestStop());
        FromCoordinator<Leave>(_ => End(0, null));
        Receive<Shutdown>(_ => FromCandidate(() => End(0, null)));
        Receive<DisassociatedEvent>(OnDisassociated);
        Receive<News>(m => _coordinator?.Tell(m.Message, Self));
        Receive<Tick>(_ => OnTick());
        Receive<LeaveOrder>(_ => OnLeaveOrder());
        Receive<LeaveOverdue>(_ => End(0, "the others were not ready to go on without this worker in time; it leaves anyhow"));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Self.Tell(Tick.Instance);
        Timers.StartPeriodicTimer("tick", Tick.Instance, Timings.RegisterInterval);
    }

    protected override void PostStop()
    {
        _session.Dispose();
        _job.Ended.TrySetResult(1); // an error in here: without its actor the process would wait for ever
    }

    /// <summary>Takes this kind of message from the coordinator that welcomed this worker.</summary>
    private void FromCoordinator<T>(Action<T> handle) => Receive<T>(m =>
    {
        if (_coordinator is null || !Sender.Path.Address.Equals(_coordinator.Path.Address))
            return;
        _silence = new Patience(_job.Timings.ControlSilence);
        handle(m);
    });

    private void FromCandidate(Action handle)
    {
        if (_job.Coordinators.Contains(Sender.Path.Address))
            handle();
    }

    private void OnTick()
    {
        if (_coordinator is not null && _silence.IsOver)
            LookForCoordinator($"the coordinator was silent for {_silence.Limit.TotalSeconds:0.#} s");
        if (_coordinator is not null)
        {
            _coordinator.Tell(_session.Alive(_job.RefusedConnections()), Self);
            if (_leaving)
                _coordinator.Tell(new LeaveRequested(_job.Name, WorkerIdentity.Incarnation), Self);
            return;
        }

        if (_search.IsOver)
        {
            if (_session.IsOver)
                End(0, null);
            else
                End(1, $"no coordinator answered at {string.Join(", ", _job.Coordinators.Select(a => $"{a.Host}:{a.Port}"))} within {_search.Limit.TotalSeconds:0.#} s: check the address, that it runs, and that nothing blocks the port");
            return;
        }

        foreach (var candidate in _candidates)
            candidate.Tell(Registration([]), Self);
    }

    private Register Registration(byte[] challenge) =>
        new(_job.Name, WorkerIdentity.Incarnation, _job.Host, _job.DataPort, WorkerIdentity.Machine, WorkerIdentity.Build, challenge, []);

    private void OnChallenge(RegistrationChallenge challenge) => FromCandidate(() =>
    {
        if (_coordinator is null) // else it is the answer to a repeated registration
            Sender.Tell(RegistrationProof.Sign(Registration(challenge.Nonce), _job.Secret), Self);
    });

    private void OnDisassociated(DisassociatedEvent e)
    {
        if (_coordinator is not null && e.RemoteAddress.Equals(_coordinator.Path.Address))
            LookForCoordinator("the connection to the coordinator broke");
    }

    private void LookForCoordinator(string reason)
    {
        Console.Error.WriteLine($"{reason}: training goes on, and a coordinator is looked for");
        _coordinator = null;
        _search = new Patience(_session.IsOver ? PatienceAfterTheEnd : _job.OrphanPatience);
    }

    private void OnWelcome(Welcome welcome) => FromCandidate(() =>
    {
        _silence = new Patience(_job.Timings.ControlSilence);
        if (_coordinator is not null && _coordinator.Equals(Sender))
            return; // an answer to a repeated registration
        var address = $"{Sender.Path.Address.Host}:{Sender.Path.Address.Port}";
        var answer = WelcomeRule.Judge(welcome, address, _job.RunId, _configYaml, _job.Disagreement);
        switch (answer.Effect)
        {
            case WelcomeEffect.End:
                End(answer.ExitCode, answer.Reason);
                break;
            case WelcomeEffect.TakenOver:
                _coordinator = Sender;
                Console.Error.WriteLine($"the coordinator at {address} has taken over");
                _session.Announce(welcome.LedgerStep);
                break;
            case WelcomeEffect.Begin:
                _coordinator = Sender;
                _folder = new RunFolder(welcome.RunFolder);
                _configYaml = welcome.ConfigYaml;
                _session.Open(() => _job.OpenSession(welcome));
                break;
        }
    });

    private void OnAbort(AbortGeneration abort)
    {
        // At once: the session's own answer comes when it looks up from computing.
        _coordinator!.Tell(new AbortReceived(_job.Name, abort.Number), Self);
        _session.Abort(abort.Number, abort.Reason);
    }

    private void OnLeaveOrder()
    {
        if (_leaving)
            return;
        _leaving = true;
        if (_session.IsOver || _folder is null)
        {
            End(0, null); // nothing to hand over
            return;
        }

        Timers.StartSingleTimer("leave", LeaveOverdue.Instance, LeaveTime);
        _coordinator?.Tell(new LeaveRequested(_job.Name, WorkerIdentity.Incarnation), Self);
    }

    /// <summary>On the training thread.</summary>
    private void OnBroken(long generation)
    {
        if (_folder is { } folder)
            FlightFiles.Write(folder, _job.Name, generation, _job.Recorder);
    }

    private void End(int exitCode, string? error)
    {
        if (error is not null)
            Console.Error.WriteLine($"error: {error}");
        _job.Ended.TrySetResult(exitCode);
    }

    /// <summary>From this process alone: leave after the step.</summary>
    public sealed record LeaveOrder;

    private sealed record News(IControlMessage Message);

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record LeaveOverdue
    {
        public static LeaveOverdue Instance { get; } = new();
    }
}
