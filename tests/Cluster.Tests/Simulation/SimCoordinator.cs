using DyT.Cluster.Messages;
using DyT.Coordinator.Core;
using DyT.Runs;

namespace DyT.Cluster.Tests.Simulation;

/// <summary>One coordinator process: the real decision core, with a pretended actor around it. Memo and ledger stand on the world's disk.</summary>
internal sealed class SimCoordinator
{
    private readonly World _world;
    private readonly CoordinatorCore _core;
    private readonly Dictionary<string, (SimWorker Worker, string Incarnation)> _workers = [];
    private readonly RegistrationChallenges _challenges;
    private bool _dead;

    public SimCoordinator(World world)
    {
        _world = world;
        _challenges = new RegistrationChallenges(World.Secret, Mac.Of(World.Secret, $"{world.Clock.Now}"));
        _core = new CoordinatorCore("run", world.Config, world.Memo, world.LedgerStep) { Now = world.Clock.Now };
        Carry(_core.Started());
        Tick();
    }

    public bool IsAlive => !_dead;

    public override string ToString() => $"coordinator: alive {IsAlive}, plan {_core.Plan?.Number}, offer {_core.Offer?.Number} ({string.Join(' ', _core.Offer?.Members.Select(m => $"{m.Name}x{m.Range.Count}") ?? [])}), knows {string.Join(' ', _workers.Keys)}; {Private("_rollCall")} aborted {Private("_aborted")} unanswered {string.Join(' ', (IEnumerable<string>)Private("_unanswered")!)} recover {Private("_recoverUntil")} leaving {string.Join(' ', ((Dictionary<string, WorkerEntry>)Private("_workers")!).Values.Select(w => $"{w.Name}:{w.IsLeaving}:{w.CommittedStep}"))}";

    // For the story of a schedule that failed.
    private object? Private(string field) => typeof(CoordinatorCore).GetField(field, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(_core);

    public void Die() => _dead = true;

    public void Suspect(SimWorker worker, string incarnation) => Decide(() =>
        _workers.TryGetValue(worker.Name, out var known) && known.Worker == worker ? _core.Suspected(worker.Name, incarnation) : []);

    public void Receive(SimWorker from, IControlMessage message)
    {
        if (_dead)
            return;
        if (message is Register register)
        {
            var verdict = _challenges.Judge(register, _world.Clock.Now);
            _world.Check(verdict is not RegistrationVerdict.Unproven, $"{register.Name} was taken for a stranger");
            if (verdict is not RegistrationVerdict.Accepted)
            {
                Send(from, new RegistrationChallenge(_challenges.For(register.Name, register.Incarnation, _world.Clock.Now)));
                return;
            }

            Decide(() =>
            {
                var actions = _core.Registered(register, out var refusal);
                _world.Check(refusal is null, $"refused: {refusal}");
                if (actions.OfType<DismissWorker>().Any())
                {
                    Send(from, new Shutdown());
                    return [];
                }

                Carry(actions.Where(a => a is DropWorker));
                _workers[register.Name] = (from, register.Incarnation);
                return [.. actions.Where(a => a is not DropWorker)];
            });
            return;
        }

        var known = _workers.TryGetValue(from.Name, out var worker) && worker.Worker == from;
        if (message is WorkerAlive alive)
        {
            if (known)
                Decide(() => _core.Alive(alive, out known));
            Send(from, known ? new Heard(_core.LedgerStep) : new NotRegistered());
            return;
        }

        if (!known)
            return;
        Decide(() => message switch
        {
            WorkerReady m => _core.Ready(m),
            GenerationEntered m => _core.Entered(m),
            CaughtUp m => _core.CaughtUp(m),
            GenerationLeft m => _core.Left(m),
            LeaveRequested m => _core.LeaveRequested(m.Name, m.Incarnation),
            StepReported m => _core.Stepped(m.Metrics),
            GenerationFailed m => _core.Failed(m),
            SessionEnded m => _core.Ended(m),
            AbortReceived m => Acknowledge(m),
            _ => throw new InvalidOperationException($"{message} is not simulated"),
        });
    }

    private IReadOnlyList<CoordinatorAction> Acknowledge(AbortReceived received)
    {
        _core.Acknowledged(received);
        return [];
    }

    private void Tick()
    {
        if (_dead)
            return;
        Decide(_core.Tick);
        _world.Clock.After(200, Tick);
    }

    private void Decide(Func<IReadOnlyList<CoordinatorAction>> decide)
    {
        if (_dead)
            return;
        _core.Now = _world.Clock.Now;
        Carry(decide());
    }

    private void Carry(IEnumerable<CoordinatorAction> actions)
    {
        foreach (var action in actions.ToList())
        {
            switch (action)
            {
                case WelcomeWorker m:
                    Tell([m.Name], new Welcome("run", "folder", "yaml", _core.LedgerStep));
                    break;
                case StartMembers m:
                    Tell(m.Names, new StartGeneration(m.Plan));
                    break;
                case OfferMembers m:
                    Tell(m.Names, new NextGeneration(m.Plan));
                    break;
                case AbortMembers m:
                    Tell(m.Names, new AbortGeneration(m.Generation, m.Reason));
                    break;
                case ReleaseWorker m:
                    Tell([m.Name], new Leave());
                    break;
                case StartRollCall m:
                    After(_world.Timings.RollCall, () => _core.RollCallOver(m.Generation));
                    break;
                case AwaitSessions m:
                    After(TimeSpan.FromSeconds(60), () => _core.RollCallOver(m.Generation));
                    break;
                case StartWaiting m:
                    After(TimeSpan.FromSeconds(60), () => _core.WaitedTooLong(m.Attempt));
                    break;
                case DropWorker m:
                    _workers.Remove(m.Name);
                    break;
                case AppendToLedger m:
                    _world.Append(m.Metrics);
                    break;
                case TruncateLedger m:
                    _world.Truncate(m.AfterStep);
                    break;
                case SaveMemo m:
                    _world.Memo = m.Memo;
                    break;
                case Emit { Event: RunEnded ended }:
                    _world.OnEnded(ended);
                    break;
                case EndRun:
                    Tell(_workers.Keys, new Shutdown());
                    _dead = true;
                    return;
            }
        }
    }

    private void After(TimeSpan delay, Func<IReadOnlyList<CoordinatorAction>> decide) => _world.Clock.After(delay.TotalMilliseconds, () => Decide(decide));

    private void Tell(IEnumerable<string> names, IControlMessage message)
    {
        foreach (var name in names.ToList())
        {
            if (_workers.TryGetValue(name, out var worker))
                Send(worker.Worker, message);
        }
    }

    private void Send(SimWorker to, IControlMessage message) => _world.Network.Send("coordinator", to.Name, () => to.Receive(this, message));
}
