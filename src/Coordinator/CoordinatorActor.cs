using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Remote;
using DyT.Cluster.Messages;
using DyT.Config;
using DyT.Coordinator.Api;
using DyT.Coordinator.Core;
using DyT.Coordinator.Hosting;
using DyT.Runs;

namespace DyT.Coordinator;

/// <summary>
/// Carries messages to the decision core and its decisions to the workers, the ledger and the starter. The cluster runs it on its oldest coordinator; it decides
/// nothing before it holds the run's <see cref="LeaderLock"/>.
/// </summary>
public sealed class CoordinatorActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(200);

    private readonly CoordinatorJob _job;
    private readonly EventWriter _events;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, (IActorRef Actor, string Incarnation)> _workers = [];
    private readonly RegistrationChallenges _challenges;
    private readonly HashSet<IActorRef> _voices = []; // the actors among them, for a quick look
    private LeaderLock? _lock;
    private MetricsLedger _ledger = null!; // both from the moment on at which the lock is held
    private CoordinatorCore _core = null!;
    private ApiServer? _api;

    public CoordinatorActor(CoordinatorJob job, EventWriter events)
    {
        _job = job;
        _events = events;
        _challenges = new RegistrationChallenges(job.Secret, RandomNumberGenerator.GetBytes(32));
        Receive<TryLead>(_ => OnTryLead());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Self.Tell(TryLead.Instance);
        Timers.StartPeriodicTimer("lead", TryLead.Instance, LockInterval);
    }

    protected override void PostStop()
    {
        var decided = _lock is not null;
        _api?.Dispose();
        _ledger?.Dispose();
        _lock?.Dispose();
        if (!decided || _job.Ended.Task.IsCompleted)
            return;
        // An error in here, or the membership has put this process out: without its actor it would wait for ever. Whoever watches it starts it again.
        Console.Error.WriteLine("the coordinator could not go on");
        _job.Ended.TrySetResult(UserErrorException.Failure);
    }

    private void OnTryLead()
    {
        try
        {
            if (_lock is not null || (_lock = LeaderLock.TryAcquire(_job.Folder.CoordinatorLock)) is null)
                return;
        }
        catch (UnauthorizedAccessException e)
        {
            CannotBegin($"{_job.Folder.CoordinatorLock} cannot be opened: {e.Message.TrimEnd('.')}");
            return;
        }

        Timers.Cancel("lead");
        var memo = MemoFile.Read(_job.Folder.CoordinatorFile);
        if (memo is { Over: true })
        {
            _job.Ended.TrySetResult(0); // the one before has ended the run
            return;
        }

        try
        {
            _ledger = new MetricsLedger(_job.Folder.MetricsFile);
        }
        catch (UserErrorException e)
        {
            CannotBegin(e.Message);
            return;
        }

        _core = new CoordinatorCore(_job.Folder.Id, _job.Config, memo, _ledger.LastStep);
        Become(Decide);
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Timers.StartPeriodicTimer("tick", Tick.Instance, TickInterval);
        Carry(core => core.Started());
        _api = ApiServer.Start(_job, Self);
        if (_job.StopRequested)
            Carry(core => core.StopRequested());
    }

    private void CannotBegin(string reason)
    {
        _events.Write(new RunEnded(RunOutcome.Failed, 0, reason));
        _job.Ended.TrySetResult(UserErrorException.Failure);
    }

    private void Decide()
    {
        Receive<Register>(OnRegister);
        Receive<WorkerAlive>(OnAlive);
        FromWorker<WorkerReady>(m => core => core.Ready(m));
        FromWorker<GenerationEntered>(m => core => core.Entered(m));
        FromWorker<CaughtUp>(m => core => core.CaughtUp(m));
        FromWorker<GenerationLeft>(m => core => core.Left(m));
        FromWorker<LeaveRequested>(m => core => core.LeaveRequested(m.Name, m.Incarnation));
        FromWorker<StepReported>(m => core => core.Stepped(m.Metrics));
        FromWorker<RolledBack>(m => core => core.RolledBack(m.Step));
        FromWorker<GenerationFailed>(m => core => core.Failed(m));
        FromWorker<SessionEnded>(m => core => core.Ended(m));
        FromWorker<WorkerFailed>(m => core => core.WorkerCannotTrain(m));
        FromWorker<AbortReceived>(m => core =>
        {
            core.Acknowledged(m);
            return [];
        });
        FromWorker<StatusReported>(m => core =>
        {
            core.Reported(m.Status);
            return [new Emit(new WorkerReported(m.Status))];
        });
        FromWorker<TransferReported>(m => _ => [new Emit(new StateTransferred(m.Name, m.DoneBytes, m.TotalBytes, m.Seconds))]);
        FromWorker<CheckpointReported>(m => _ => [new Emit(new CheckpointWritten(m.Step, m.Path))]);
        FromWorker<NoticeReported>(m => _ => [new Emit(new Notice(m.Message))]);
        Receive<DisassociatedEvent>(OnDisassociated);
        Receive<GetStatus>(_ =>
        {
            _core.Now = _clock.Elapsed;
            Sender.Tell(_core.Status());
        });
        Receive<DrainWorker>(m => Carry(core =>
        {
            Sender.Tell(core.Drain(m.Name, out var actions));
            return actions;
        }));
        Receive<GracefulStop>(_ => Carry(core => core.StopRequested()));
        Receive<RollCallTimeout>(m => Carry(core => core.RollCallOver(m.Generation)));
        Receive<WaitTimeout>(m => Carry(core => core.WaitedTooLong(m.Attempt)));
        Receive<Tick>(_ => Carry(core => core.Tick()));
    }

    /// <summary>
    /// Takes this kind of message from registered workers alone. Strangers, and processes that were dropped but live on, change nothing.
    /// </summary>
    private void FromWorker<T>(Func<T, Func<CoordinatorCore, IReadOnlyList<CoordinatorAction>>> handle) => Receive<T>(m =>
    {
        if (_voices.Contains(Sender))
            Carry(handle(m));
    });

    private void OnRegister(Register register)
    {
        var isPresent = _workers.TryGetValue(register.Name, out var present) && present.Incarnation == register.Incarnation;
        switch (_challenges.Judge(register, _clock.Elapsed))
        {
            case RegistrationVerdict.Unanswered:
                Challenge(register);
                return;
            case RegistrationVerdict.Unproven:
                _events.Write(new Notice($"somebody at {Sender.Path.Address} wanted to register as {register.Name} without knowing the run's secret and was refused"));
                Sender.Tell(new Refused("the run's secret (DYT_SECRET) is another one"));
                return;
            case RegistrationVerdict.Stale:
                if (!isPresent || !present.Actor.Equals(Sender)) // else it answered twice before it was welcomed
                    _events.Write(new Notice($"somebody at {Sender.Path.Address} repeated an old registration of {register.Name} and was refused"));
                Challenge(register); // a worker that was held up answers it
                return;
        }

        if (isPresent && !present.Actor.Equals(Sender))
        {
            _events.Write(new Notice($"somebody at {Sender.Path.Address} repeated the registration of {register.Name} and was refused"));
            return; // a process has one voice
        }

        var sender = Sender;
        _core.Now = _clock.Elapsed;
        var actions = _core.Registered(register, out var refusal);
        if (refusal is not null)
        {
            sender.Tell(new Refused(refusal));
            Carry(_ => actions);
            return;
        }

        if (actions.OfType<DismissWorker>().Any())
        {
            sender.Tell(new Shutdown());
            return;
        }

        Carry(_ => [.. actions.Where(a => a is DropWorker)]); // the earlier process of that name, before its place is taken
        Forget(register.Name);
        _workers[register.Name] = (sender, register.Incarnation);
        _voices.Add(sender);
        Carry(_ => [.. actions.Where(a => a is not DropWorker)]);
    }

    private void Challenge(Register register) => Sender.Tell(new RegistrationChallenge(_challenges.For(register.Name, register.Incarnation, _clock.Elapsed)));

    private void OnDisassociated(DisassociatedEvent e)
    {
        foreach (var (name, worker) in _workers.Where(w => w.Value.Actor.Path.Address.Equals(e.RemoteAddress)).ToList())
            Carry(core => core.Suspected(name, worker.Incarnation));
    }

    private void OnAlive(WorkerAlive alive)
    {
        var known = _workers.TryGetValue(alive.Name, out var worker) && worker.Actor.Equals(Sender);
        if (known)
            Carry(core => core.Alive(alive, out known));
        Sender.Tell(known ? new Heard(_ledger.WrittenStep) : new NotRegistered());
    }

    private void Carry(Func<CoordinatorCore, IReadOnlyList<CoordinatorAction>> decide)
    {
        _core.Now = _clock.Elapsed;
        try
        {
            foreach (var action in decide(_core))
                Carry(action);
        }
        catch (UserErrorException e)
        {
            foreach (var action in _core.CannotGoOn(e.Message)) // the ledger cannot be written
                Carry(action);
        }
    }

    private void Carry(CoordinatorAction action)
    {
        switch (action)
        {
            case WelcomeWorker welcome:
                Tell(welcome.Name, new Welcome(_job.Folder.Id, _job.Folder.Path, _job.ConfigYaml, _ledger.WrittenStep));
                break;
            case StartMembers start:
                TellAll(start.Names, new StartGeneration(start.Plan));
                break;
            case OfferMembers offer:
                TellAll(offer.Names, new NextGeneration(offer.Plan));
                break;
            case AbortMembers abort:
                TellAll(abort.Names, new AbortGeneration(abort.Generation, abort.Reason));
                break;
            case StopMembers stop:
                TellAll(stop.Names, new StopRun());
                break;
            case ReleaseWorker release:
                Tell(release.Name, new Leave());
                break;
            case SendAway away:
                Tell(away.Name, new Refused(away.Reason));
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
                Forget(drop.Name);
                break;
            case AppendToLedger append:
                if (_ledger.Append(append.Metrics) is { } problem)
                    _events.Write(new Notice(problem));
                break;
            case TruncateLedger truncate:
                _ledger.TruncateAfter(truncate.AfterStep);
                break;
            case SaveMemo memo:
                MemoFile.Write(_job.Folder.CoordinatorFile, memo.Memo);
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

    private void Forget(string name)
    {
        if (_workers.Remove(name, out var worker))
            _voices.Remove(worker.Actor);
    }

    private void Tell(string name, IControlMessage message)
    {
        if (_workers.TryGetValue(name, out var worker))
            worker.Actor.Tell(message, Self);
    }

    private void TellAll(IEnumerable<string> names, IControlMessage message)
    {
        foreach (var name in names.ToList())
            Tell(name, message);
    }

    private sealed record RollCallTimeout(long Generation);

    private sealed record WaitTimeout(int Attempt);

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record TryLead
    {
        public static TryLead Instance { get; } = new();
    }
}
