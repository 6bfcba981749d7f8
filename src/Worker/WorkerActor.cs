using Akka.Actor;
using DyT.Cluster;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;

namespace DyT.Worker;

/// <summary>The worker's voice on the control plane: registers, hands orders to the session's thread, passes its news on.</summary>
public sealed class WorkerActor : ReceiveActor, IWithTimers
{
    private readonly WorkerJob _job;
    private readonly SessionThread _session;
    private readonly ActorSelection _coordinator;
    private bool _welcomed;

    public WorkerActor(WorkerJob job)
    {
        _job = job;
        _coordinator = Context.ActorSelection(new RootActorPath(job.Coordinator) / "user" / "coordinator");
        var self = Self;
        _session = new SessionThread(job.Name, job.Connect, message => self.Tell(new News(message)));

        Receive<TryRegister>(_ => OnTryRegister());
        FromCoordinator<Welcome>(OnWelcome);
        FromCoordinator<Refused>(m => End(1, $"the coordinator refused this worker: {m.Reason}"));
        FromCoordinator<StartGeneration>(m => _session.Start(m.Plan));
        FromCoordinator<AbortGeneration>(OnAbort);
        FromCoordinator<StopRun>(_ => _session.RequestStop());
        FromCoordinator<Shutdown>(_ => End(0, null));
        Receive<News>(m => _coordinator.Tell(m.Message));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Self.Tell(TryRegister.Instance);
        Timers.StartPeriodicTimer("register", TryRegister.Instance, Timings.RegisterInterval);
    }

    protected override void PostStop()
    {
        if (_job.Ended.Task.IsCompleted)
        {
            _session.Dispose();
            return;
        }

        // The coordinator is gone, or has given this worker up: then its peers have too, the generation breaks at once, and whoever watches this
        // process starts it again.
        Console.Error.WriteLine("the control plane is lost: a generation that is running goes on to its end without it");
        _session.GoOnAlone(ended => End(ended ? 0 : 1, ended ? null : "the connection to the coordinator was lost: start this worker again when the coordinator runs"));
    }

    /// <summary>Takes this kind of message from the coordinator's address alone.</summary>
    private void FromCoordinator<T>(Action<T> handle) => Receive<T>(m =>
    {
        if (Sender.Path.Address == _job.Coordinator)
            handle(m);
    });

    private void OnAbort(AbortGeneration abort)
    {
        // At once: the session's own answer comes when it looks up from computing.
        _coordinator.Tell(new AbortReceived(_job.Name, abort.Number));
        _session.Abort(abort.Number, abort.Reason);
    }

    private void OnTryRegister()
    {
        if (_welcomed)
        {
            Timers.Cancel("register");
            return;
        }

        if (_job.Patience.IsOver)
        {
            End(1, $"the coordinator at {_job.Coordinator.Host}:{_job.Coordinator.Port} did not answer within {_job.Patience.Limit.TotalSeconds:0.#} s: check the address, that it runs, and that nothing blocks the port");
            return;
        }

        var register = new Register(_job.Name, WorkerIdentity.Incarnation, _job.Host, _job.DataPort, WorkerIdentity.Machine, WorkerIdentity.Build, []);
        _coordinator.Tell(RegistrationProof.Sign(register, _job.Secret), Self);
    }

    private void OnWelcome(Welcome welcome)
    {
        if (_welcomed)
            return; // an answer to a repeated registration
        _welcomed = true;
        _session.Open(() => _job.OpenSession(welcome));
    }

    private void End(int exitCode, string? error)
    {
        if (error is not null)
            Console.Error.WriteLine($"error: {error}");
        _job.Ended.TrySetResult(exitCode);
    }

    private sealed record News(IControlMessage Message);

    private sealed record TryRegister
    {
        public static TryRegister Instance { get; } = new();
    }
}
