using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Runs;
using DyT.Worker.Core;

namespace DyT.Cluster.Tests.Simulation;

/// <summary>One worker process: the real gate and step log, with a pretended session and actor around them.</summary>
internal sealed class SimWorker
{
    private readonly World _world;
    private readonly GenerationGate _gate;
    private readonly StepLog _steps = new();
    private readonly string _incarnation;
    private readonly Queue<Action> _whileFrozen = new();
    private IControlMessage? _lastWord;
    private SimCoordinator? _coordinator;
    private TimeSpan _heard;
    private bool _ready;
    private bool _opening;
    private bool _leaving;

    public SimWorker(World world, string name, int incarnation)
    {
        _world = world;
        Name = name;
        _incarnation = $"{incarnation}";
        _gate = new GenerationGate(name);
        MillisecondsPerShard = world.Clock.Milliseconds(2, 12);
        Committed = 0;
        Tick();
    }

    public string Name { get; }

    public double MillisecondsPerShard { get; set; }

    public long Committed { get; private set; }

    public bool IsAlive { get; private set; } = true;

    public bool IsFrozen { get; private set; }

    public bool IsCold { get; private set; }

    public SimGeneration? Generation { get; private set; }

    public long Offered { get; private set; }

    public void Die()
    {
        IsAlive = false;
        Generation?.Break(Name, 0.5, 20);
        Generation = null;
        if (_coordinator is { } coordinator && _world.Clock.Chance(0.8))
            _world.Clock.After(_world.Clock.Milliseconds(1, 30), () => coordinator.Suspect(this, _incarnation));
    }

    public void Freeze(double milliseconds)
    {
        IsFrozen = true;
        var generation = Generation;
        _world.Clock.After(_world.Silence.TotalMilliseconds, () =>
        {
            if (IsFrozen)
                generation?.Break(Name, 0, 300);
        });
        _world.Clock.After(milliseconds, () =>
        {
            IsFrozen = false;
            while (IsAlive && _whileFrozen.TryDequeue(out var action))
                action();
            if (generation is { IsBroken: true })
                OnBroken(generation, null);
        });
    }

    public bool Knows(long step) => IsAlive && _steps.Kept.Any(s => s.Step == step);

    public void AskToLeave() => _leaving = true;

    public override string ToString() =>
        $"{Name}: alive {IsAlive}, frozen {IsFrozen}, committed {Committed}, cold {IsCold}, highest {_gate.Highest}, running {_gate.Running?.Number}, next {_gate.Next?.Number}, offered {Offered}, in {Generation?.Plan.Number} (broken {Generation?.IsBroken}), registered {_coordinator is not null}, ready {_ready}";

    /// <summary>A message from a coordinator.</summary>
    public void Receive(SimCoordinator from, IControlMessage message) => Do(() =>
    {
        switch (message)
        {
            case RegistrationChallenge challenge:
                if (_coordinator is null)
                    Register(from, challenge.Nonce);
                return;
            case Welcome welcome:
                _heard = _world.Clock.Now;
                if (_coordinator == from)
                    return;
                _coordinator = from;
                if (_ready)
                    Announce(welcome.LedgerStep);
                else
                    Open();
                return;
            case Shutdown:
                IsAlive = false;
                return;
        }

        if (from != _coordinator && !_world.Late)
            return;
        if (from == _coordinator)
            _heard = _world.Clock.Now;
        switch (message)
        {
            case Heard heard:
                foreach (var again in _steps.Acknowledge(heard.LedgerStep))
                    Tell(new StepReported(again));
                break;
            case NotRegistered:
                _coordinator = null;
                break;
            case StartGeneration start:
                if (_gate.Start(start.Plan))
                {
                    Let(go: true);
                    TakeNext();
                }

                break;
            case NextGeneration next:
                switch (_gate.Offer(next.Plan))
                {
                    case OfferEffect.Vote:
                        Offered = next.Plan.Number;
                        break;
                    case OfferEffect.Connect:
                        TakeNext();
                        break;
                    case OfferEffect.ConnectInstead:
                        Let(go: true);
                        break;
                }

                break;
            case AbortGeneration abort:
                Tell(new AbortReceived(Name, abort.Number));
                switch (_gate.Abort(abort.Number))
                {
                    case AbortEffect.Break:
                        _world.Clock.After(_world.Clock.Milliseconds(0, 15), () => Do(() => Let(go: true)));
                        break;
                    case AbortEffect.AlreadyFree:
                        Tell(new GenerationFailed(Name, abort.Number, Committed, null, "told to"));
                        break;
                }

                break;
            case Leave:
                Die();
                break;
        }
    });

    public void Restore(long step)
    {
        _world.Tell($"  {Name} restores {step} (was {Committed}, cold {IsCold})");
        Committed = step;
        IsCold = false;
    }

    public void BecomeCold(SimGeneration generation, long step)
    {
        Committed = -1;
        IsCold = true;
        _world.Clock.After(_world.Clock.Milliseconds(20, 800), () => Do(() =>
        {
            if (Generation != generation || !IsCold || generation.IsBroken)
                return;
            IsCold = false;
            _world.Tell($"  {Name} is level at {Math.Max(step, _position)}");
            Committed = Math.Max(step, _position);
            OnCaughtUp(generation.Plan.Number, Committed);
        }));
        _position = step;
    }

    public void OnEntered(long generation, long step)
    {
        _gate.Enter();
        Tell(new GenerationEntered(Name, generation, step));
        foreach (var kept in _steps.Kept)
            Tell(new StepReported(kept));
    }

    public void OnCaughtUp(long generation, long step) => Tell(new CaughtUp(Name, generation, step));

    public void OnCommitted(SimGeneration generation, long step, long handOverTo) => Do(() =>
    {
        if (Generation != generation)
            return;
        _position = step;
        if (!IsCold)
        {
            _world.Check(Committed == step - 1, $"{Name} commits step {step} on top of {Committed}");
            Committed = step;
        }

        var metrics = new StepMetrics { Step = step, Generation = generation.Plan.Number, WorldSize = generation.Plan.WorldSize, Loss = 1, LearningRate = 1, GradNorm = 1, Tokens = 1, Seconds = 0.01 };
        _steps.Add(metrics);
        if (generation.Plan.RankOf(Name) == generation.Plan.LeadRank)
        {
            Tell(new StepReported(metrics));
            if (step % 20 == 0)
                _world.Checkpoint = step;
        }

        if (handOverTo > 0)
            HandOver(generation, handOverTo);
    });

    public void OnEnded(SimGeneration generation, long step) => Do(() =>
    {
        if (Generation != generation)
            return;
        Generation = null;
        _gate.Release();
        _lastWord = new SessionEnded(Name, generation.Plan.Number, RunOutcome.Finished, step, "done");
        Tell(_lastWord);
    });

    public void OnBroken(SimGeneration generation, string? lost) => Do(() =>
    {
        if (Generation != generation)
            return;
        if (IsCold)
            Committed = -1;
        Generation = null;
        Tell(new GenerationFailed(Name, _gate.Release(), Committed, lost, "broken"));
        TakeNext();
    });

    private long _position;

    /// <summary>Lets go of what runs, as the training thread does when it is interrupted.</summary>
    private void Let(bool go)
    {
        if (!go || Generation is not { } generation)
            return;
        generation.Break(Name, 0.5, 20);
        OnBroken(generation, null);
    }

    private void HandOver(SimGeneration generation, long number)
    {
        Generation = null;
        var next = _gate.HandOver(number);
        if (next is not null && next.RankOf(Name) < 0)
        {
            if (next.WorldSize == 0 && generation.Plan.RankOf(Name) == generation.Plan.LeadRank)
                _world.Checkpoint = Committed;
            Tell(new GenerationLeft(Name, number, Committed));
        }

        TakeNext();
    }

    private void TakeNext()
    {
        if (Generation is not null || _gate.Next is null)
            return;
        _lastWord = null;
        var plan = _gate.Take();
        Generation = _world.GenerationOf(plan);
        Generation.Connect(this);
    }

    private void Open()
    {
        if (_opening)
            return;
        _opening = true;
        _world.Clock.After(_world.Clock.Milliseconds(50, 1500), () => Do(() =>
        {
            _ready = true;
            Restore(_world.Checkpoint);
            Announce(0);
        }));
    }

    private void Announce(long ledgerStep)
    {
        _steps.Acknowledge(ledgerStep);
        Tell(new WorkerReady(Name, _incarnation, Committed, _gate.Highest, _gate.HasEntered ? _gate.Running : null));
        foreach (var step in _steps.Kept)
            Tell(new StepReported(step));
        if (_lastWord is not null)
            Tell(_lastWord);
    }

    private void Tick()
    {
        if (!IsAlive)
            return;
        Do(() =>
        {
            if (_coordinator is not null && _world.Clock.Now - _heard > _world.Timings.ControlSilence)
                _coordinator = null;
            if (_coordinator is not null)
            {
                Tell(new WorkerAlive(Name, _incarnation, _gate.Highest, _gate.Running?.Number ?? _gate.Next?.Number ?? 0, _gate.HasEntered, _ready ? Committed : WorkerAlive.NoSession, "", 0, 0));
                if (_lastWord is not null)
                    Tell(_lastWord);
                if (_leaving)
                    Tell(new LeaveRequested(Name, _incarnation));
            }
            else
            {
                Register(_world.Coordinator, []);
            }
        });
        _world.Clock.After(Timings.RegisterInterval.TotalMilliseconds, Tick);
    }

    private void Register(SimCoordinator? coordinator, byte[] challenge)
    {
        var register = new Register(Name, _incarnation, "host", 1, "m", "b", challenge, []);
        _world.Network.Send(Name, "coordinator", () => coordinator?.Receive(this, challenge.Length > 0 ? RegistrationProof.Sign(register, World.Secret) : register));
    }

    private void Tell(IControlMessage message)
    {
        var coordinator = _coordinator;
        _world.Network.Send(Name, "coordinator", () => coordinator?.Receive(this, message));
    }

    /// <summary>A frozen process does what reaches it when it thaws.</summary>
    private void Do(Action action)
    {
        if (!IsAlive)
            return;
        if (IsFrozen)
            _whileFrozen.Enqueue(action);
        else
            action();
    }
}
