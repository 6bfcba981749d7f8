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
        Receive<Welcome>(OnWelcome);
        Receive<Refused>(m => End(1, $"the coordinator refused this worker: {m.Reason}"));
        Receive<StartGeneration>(m => _session.Start(m.Plan));
        Receive<AbortGeneration>(m => _session.Abort(m.Number, m.Reason));
        Receive<StopRun>(_ => _session.RequestStop());
        Receive<Shutdown>(_ => End(0, null));
        Receive<News>(m => _coordinator.Tell(m.Message));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Self.Tell(TryRegister.Instance);
        Timers.StartPeriodicTimer("register", TryRegister.Instance, Timings.RegisterInterval);
    }

    protected override void PostStop() => _session.Dispose();

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
