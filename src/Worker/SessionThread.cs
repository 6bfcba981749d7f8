using DyT.Cluster.Messages;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Training;
using DyT.Worker.Core;

namespace DyT.Worker;

/// <summary>The two doors and the aids that a session's thread needs.</summary>
/// <param name="Name">This worker's name.</param>
/// <param name="Connect">Opens the data plane of a generation; patient when the others may still be busy with a step.</param>
/// <param name="Tell">Takes messages for the coordinator, in order, from any thread.</param>
/// <param name="Recorder">What the thread does is taken down here.</param>
/// <param name="OnBroken">Told when a generation broke, with its number.</param>
public sealed record SessionDoors(
    string Name,
    Func<GenerationPlan, bool, CancellationToken, ICollective> Connect,
    Action<IControlMessage> Tell,
    FlightRecorder Recorder,
    Action<long> OnBroken);

/// <summary>
/// Owns the training session and the thread that computes: never the thread pool, so that the control plane stays awake. It lives as long as the process:
/// coordinators come and go meanwhile.
/// </summary>
public sealed class SessionThread(SessionDoors doors) : ISessionObserver, IDisposable
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(500);

    private readonly object _lock = new(); // guards everything below; pulsed when there is a next generation
    private readonly GenerationGate _gate = new(doors.Name);
    private readonly StepLog _steps = new();
    private ITrainingSession? _session;
    private ICollective? _collective;
    private CancellationTokenSource _connecting = new();
    private IControlMessage? _lastWord; // of a run that ended here, said again to every new coordinator
    private bool _disposed;
    private long _lastStatus;

    /// <summary>Whether the run has ended, or this worker has failed for good.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
                return _lastWord is not null;
        }
    }

    /// <summary>Opens the session on the computing thread; <see cref="Announce"/> follows, or the reason why it cannot train.</summary>
    public void Open(Func<ITrainingSession> open) =>
        new Thread(() => Run(open)) { IsBackground = true, Name = "training" }.Start();

    /// <summary>Tells a coordinator where this worker stands, if its session is open; and the steps that its ledger lacks.</summary>
    public void Announce(long ledgerStep)
    {
        lock (_lock)
        {
            _steps.Acknowledge(ledgerStep);
            if (_session is not null)
                doors.Tell(new WorkerReady(doors.Name, WorkerIdentity.Incarnation, _session.CommittedStep, _gate.Highest, _gate.HasEntered ? _gate.Running : null));
            foreach (var step in _steps.Kept)
                doors.Tell(new StepReported(step));
            if (_lastWord is not null)
                doors.Tell(_lastWord);
        }
    }

    public void Acknowledge(long ledgerStep)
    {
        lock (_lock)
        {
            foreach (var again in _steps.Acknowledge(ledgerStep))
                doors.Tell(new StepReported(again));
        }
    }

    /// <summary>Goes over to this generation as soon as the present one has let go.</summary>
    public void Start(GenerationPlan plan)
    {
        lock (_lock)
        {
            if (!_gate.Start(plan))
                return;
            Interrupt("a new generation begins");
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>A generation to go over to at a step's end.</summary>
    public void Offer(GenerationPlan plan)
    {
        lock (_lock)
        {
            switch (_gate.Offer(plan))
            {
                case OfferEffect.Vote:
                    _session?.Offer(plan);
                    break;
                case OfferEffect.Connect:
                    Monitor.PulseAll(_lock);
                    break;
                case OfferEffect.ConnectInstead:
                    Interrupt("a later generation is offered");
                    break;
            }
        }
    }

    /// <summary>Gives up the generation and those before it; the answer is a <see cref="GenerationFailed"/>, unless the order is stale.</summary>
    public void Abort(long generation, string reason)
    {
        lock (_lock)
        {
            switch (_gate.Abort(generation))
            {
                case AbortEffect.Break:
                    Interrupt(reason);
                    break;
                case AbortEffect.AlreadyFree:
                    doors.Tell(new GenerationFailed(doors.Name, generation, _session?.CommittedStep ?? -1, null, reason));
                    break;
            }
        }
    }

    public void RequestStop()
    {
        lock (_lock)
            _session?.RequestStop();
    }

    /// <summary>The worker's sign of life. A last word is said again with it, until the coordinator has ended the run.</summary>
    public WorkerAlive Alive(long refusedConnections)
    {
        lock (_lock)
        {
            if (_lastWord is not null)
                doors.Tell(_lastWord);
            var activity = _collective is { } collective && _gate.Running is not null ? $"{doors.Recorder.Current}; {collective.Describe()}" : doors.Recorder.Current;
            return new WorkerAlive(doors.Name, WorkerIdentity.Incarnation, _gate.Highest, _gate.Running?.Number ?? _gate.Next?.Number ?? 0, _gate.HasEntered, _session?.CommittedStep ?? WorkerAlive.NoSession, activity, doors.Recorder.SecondsSinceLast, refusedConnections);
        }
    }

    public void OnEntered(long generation, long step)
    {
        lock (_lock)
        {
            _gate.Enter();
            doors.Tell(new GenerationEntered(doors.Name, generation, step));
            // Whoever reported before may have died with its last words unsaid.
            foreach (var kept in _steps.Kept)
                doors.Tell(new StepReported(kept));
        }
    }

    public void OnCaughtUp(long generation, long step) => doors.Tell(new CaughtUp(doors.Name, generation, step));

    public void OnTransfer(long doneBytes, long totalBytes, double seconds)
    {
        if (IsTime() || doneBytes == totalBytes)
            doors.Tell(new TransferReported(doors.Name, doneBytes, totalBytes, seconds));
    }

    public void OnStep(StepMetrics metrics, WorkerStatus status)
    {
        bool lead;
        lock (_lock)
        {
            _steps.Add(metrics);
            lead = _gate.Running?.LeadRank == status.Rank;
        }

        if (lead)
            doors.Tell(new StepReported(metrics));
        if (IsTime())
            doors.Tell(new StatusReported(status));
    }

    public void OnRolledBack(long step)
    {
        bool lead;
        lock (_lock)
        {
            _steps.ForgetAfter(step);
            lead = _gate.Running is { } plan && plan.RankOf(doors.Name) == plan.LeadRank;
        }

        if (lead)
            doors.Tell(new RolledBack(step));
    }

    public void OnCheckpoint(long step, string path) => doors.Tell(new CheckpointReported(step, path));

    public void OnNotice(string message) => doors.Tell(new NoticeReported(message));

    /// <summary>Breaks what is going on; the process is about to end.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Interrupt("the worker ends");
            _disposed = true;
            _connecting.Dispose();
        }
    }

    private bool IsTime()
    {
        var now = Environment.TickCount64;
        if (now - _lastStatus < StatusInterval.TotalMilliseconds)
            return false;
        _lastStatus = now;
        return true;
    }

    private void Run(Func<ITrainingSession> open)
    {
        try
        {
            using var session = open();
            lock (_lock)
                _session = session;
            Announce(0);
            while (true)
            {
                var (plan, patient, connecting) = Take();
                Train(session, plan, patient, connecting);
            }
        }
        catch (UserErrorException e)
        {
            SayLast(new WorkerFailed(doors.Name, e.Message));
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e); // the whole trace, for the log
            SayLast(new WorkerFailed(doors.Name, $"worker {doors.Name} failed with an internal error ({e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}); its log has the details"));
        }
    }

    /// <summary>Waits for the next generation and makes it the running one.</summary>
    private (GenerationPlan Plan, bool Patient, CancellationToken Connecting) Take()
    {
        lock (_lock)
        {
            while (_gate.Next is null || _disposed)
                Monitor.Wait(_lock);
            _lastWord = null; // the others need this worker once more
            var patient = _gate.NextIsPatient;
            _connecting.Dispose();
            _connecting = new CancellationTokenSource();
            return (_gate.Take(), patient, _connecting.Token);
        }
    }

    private void Train(ITrainingSession session, GenerationPlan plan, bool patient, CancellationToken connecting)
    {
        try
        {
            doors.Recorder.Record("connect", plan.Number);
            using var collective = doors.Connect(plan, patient, connecting);
            lock (_lock)
            {
                _collective = collective;
                if (connecting.IsCancellationRequested)
                    collective.Abort("the generation ended while it was opened");
            }

            switch (session.Run(plan, collective, this))
            {
                case SessionEnd end:
                    Leave(_ => new SessionEnded(doors.Name, plan.Number, end.Outcome, end.Step, end.Message), isLastWord: true);
                    break;
                case HandedOver over:
                    HandOver(session, plan, over);
                    break;
            }
        }
        catch (PeerLostException e)
        {
            Leave(number => new GenerationFailed(doors.Name, number, session.CommittedStep, e.Name, e.Message));
            doors.OnBroken(plan.Number);
        }
        catch (Exception e) when (e is CollectiveAbortedException or OperationCanceledException)
        {
            Leave(number => new GenerationFailed(doors.Name, number, session.CommittedStep, null, e.Message));
            doors.OnBroken(plan.Number);
        }
    }

    private void HandOver(ITrainingSession session, GenerationPlan plan, HandedOver over)
    {
        GenerationPlan? next;
        lock (_lock)
        {
            _collective = null;
            next = _gate.HandOver(over.Generation);
            if (next is null)
                doors.Tell(new GenerationFailed(doors.Name, _gate.Release(), session.CommittedStep, null, "an abort overtook the hand-over"));
        }

        if (next is null || next.RankOf(doors.Name) >= 0)
            return;
        // The last ones to go leave the state on disk.
        if (next.WorldSize == 0 && plan.RankOf(doors.Name) == plan.LeadRank)
            session.Save();
        doors.Tell(new GenerationLeft(doors.Name, over.Generation, session.CommittedStep));
    }

    /// <summary>
    /// Lets go of the generation and says so under one lock, so that an abort either still breaks it or finds it gone and is answered by
    /// <see cref="Abort"/>: never neither.
    /// </summary>
    private void Leave(Func<long, IControlMessage> word, bool isLastWord = false)
    {
        lock (_lock)
        {
            _collective = null;
            var message = word(_gate.Release());
            if (isLastWord)
                _lastWord = message;
            doors.Tell(message);
        }
    }

    private void SayLast(IControlMessage word)
    {
        lock (_lock)
        {
            _gate.Release();
            _lastWord = word;
            doors.Tell(word);
        }
    }

    /// <summary>Under the lock: breaks what is going on, if anything is.</summary>
    private void Interrupt(string reason)
    {
        if (_gate.Running is null || _disposed)
            return;
        _connecting.Cancel();
        _collective?.Abort(reason);
    }
}
