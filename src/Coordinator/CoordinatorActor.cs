using Akka.Actor;
using Akka.Cluster;
using DyT.Cluster;
using DyT.Cluster.Messages;
using DyT.Config;
using DyT.Coordinator.Core;
using DyT.Coordinator.Hosting;
using DyT.Runs;

namespace DyT.Coordinator;

/// <summary>Carries messages to the decision core and its decisions to the workers, the ledger and the starter.</summary>
public sealed class CoordinatorActor : ReceiveActor, IWithTimers
{
    private readonly CoordinatorJob _job;
    private readonly CoordinatorCore _core;
    private readonly MetricsLedger _ledger;
    private readonly EventWriter _events;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Dictionary<string, (IActorRef Actor, string Incarnation)> _workers = [];

    public CoordinatorActor(CoordinatorJob job, MetricsLedger ledger, EventWriter events)
    {
        _job = job;
        _core = new CoordinatorCore(job.Folder.Id, job.Config);
        _ledger = ledger;
        _events = events;

        Receive<Register>(OnRegister);
        FromWorker<WorkerReady>(m => Carry(_core.Ready(m)));
        FromWorker<StepReported>(m => Carry(_core.Stepped(m.Metrics)));
        FromWorker<StatusReported>(m => _events.Write(new WorkerReported(m.Status)));
        FromWorker<CheckpointReported>(m => _events.Write(new CheckpointWritten(m.Step, m.Path)));
        FromWorker<NoticeReported>(m => _events.Write(new Notice(m.Message)));
        FromWorker<AbortReceived>(_core.Acknowledged);
        FromWorker<GenerationFailed>(m => Carry(_core.Failed(m)));
        FromWorker<SessionEnded>(m => Carry(_core.Ended(m)));
        FromWorker<WorkerFailed>(m => Carry(_core.WorkerCannotTrain(m)));
        Receive<GracefulStop>(_ => Carry(_core.StopRequested()));
        Receive<RollCallTimeout>(m => Carry(_core.RollCallOver(m.Generation)));
        Receive<WaitTimeout>(m => Carry(_core.WaitedTooLong(m.Attempt)));
        Receive<ClusterEvent.MemberRemoved>(m => OnMemberGone(m.Member.Address));
        Receive<ClusterEvent.MemberDowned>(m => OnMemberGone(m.Member.Address));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.MemberDowned));
        Carry(_core.Started());
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        if (_job.Ended.Task.IsCompleted)
            return;
        // An error in here, or the membership has put this process out: without its actor it would wait for ever.
        _events.Write(new RunEnded(RunOutcome.Failed, _ledger.LastStep, "the coordinator could not go on; its log says why; the run can be resumed from its newest checkpoint"));
        _job.Ended.TrySetResult(UserErrorException.Failure);
    }

    /// <summary>
    /// Takes this kind of message from registered workers alone. Strangers, and processes that were dropped but live on, change nothing.
    /// </summary>
    private void FromWorker<T>(Action<T> handle) => Receive<T>(m =>
    {
        if (_workers.Values.Any(w => w.Actor.Equals(Sender)))
            handle(m);
    });

    private void OnRegister(Register register)
    {
        if (!RegistrationProof.IsValid(register, _job.Secret))
        {
            _events.Write(new Notice($"somebody at {Sender.Path.Address} wanted to register as {register.Name} without knowing the run's secret and was refused"));
            Sender.Tell(new Refused("the run's secret (DYT_SECRET) is another one"));
            return;
        }

        var actions = _core.Registered(register, out var refusal);
        if (refusal is not null)
        {
            Sender.Tell(new Refused(refusal));
            Carry(actions);
            return;
        }

        var sender = Sender;
        Carry(actions.Where(a => a is DropWorker)); // the earlier process of that name, before its place is taken
        _workers[register.Name] = (sender, register.Incarnation);
        Carry(actions.Where(a => a is not DropWorker));
    }

    private void OnMemberGone(Address address)
    {
        foreach (var (name, worker) in _workers.Where(w => w.Value.Actor.Path.Address == address).ToList())
            Carry(_core.Lost(name, worker.Incarnation));
    }

    private void Carry(IEnumerable<CoordinatorAction> actions)
    {
        try
        {
            foreach (var action in actions.ToList())
                Carry(action);
        }
        catch (UserErrorException e)
        {
            Carry(_core.CannotGoOn(e.Message)); // the ledger cannot be written
        }
    }

    private void Carry(CoordinatorAction action)
    {
        switch (action)
        {
            case WelcomeWorker welcome:
                Tell(welcome.Name, new Welcome(_job.Folder.Id, _job.Folder.Path, _job.ConfigYaml));
                break;
            case StartMembers start:
                TellAll(start.Plan.Members.Select(m => m.Name), new StartGeneration(start.Plan));
                break;
            case AbortMembers abort:
                TellAll(abort.Names, new AbortGeneration(abort.Generation, abort.Reason));
                break;
            case StopMembers stop:
                TellAll(stop.Names, new StopRun());
                break;
            case StartRollCall roll:
                Timers.StartSingleTimer("roll call", new RollCallTimeout(roll.Generation), _job.Timings.RollCall);
                break;
            case AwaitSessions sessions:
                Timers.StartSingleTimer("roll call", new RollCallTimeout(sessions.Generation), TimeSpan.FromSeconds(_job.Config.Cluster.StartTimeout));
                break;
            case StartWaiting waiting:
                Timers.StartSingleTimer("waiting", new WaitTimeout(waiting.Attempt), TimeSpan.FromSeconds(_job.Config.Cluster.StartTimeout));
                break;
            case DropWorker drop:
                if (_workers.Remove(drop.Name, out var gone))
                    _cluster.Down(gone.Actor.Path.Address);
                break;
            case AppendToLedger append:
                _ledger.Append(append.Metrics);
                break;
            case TruncateLedger truncate:
                _ledger.TruncateAfter(truncate.AfterStep);
                break;
            case Emit emit:
                _events.Write(emit.Event);
                break;
            case EndRun end:
                TellAll(_workers.Keys, new Shutdown());
                _job.Ended.TrySetResult(end.ExitCode);
                break;
        }
    }

    private void Tell(string name, IControlMessage message)
    {
        if (_workers.TryGetValue(name, out var worker))
            worker.Actor.Tell(message);
    }

    private void TellAll(IEnumerable<string> names, IControlMessage message)
    {
        foreach (var name in names.ToList())
            Tell(name, message);
    }

    private sealed record RollCallTimeout(long Generation);

    private sealed record WaitTimeout(int Attempt);
}
