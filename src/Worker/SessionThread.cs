using DyT.Cluster.Messages;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Training;

namespace DyT.Worker;

/// <summary>
/// Owns the training session and the thread that computes: never the thread pool, so that the control plane stays awake. Generations come in from the
/// actor, news go out by <paramref name="tell"/>; both from any thread.
/// </summary>
/// <param name="name">This worker's name.</param>
/// <param name="connect">Opens the data plane of a generation.</param>
/// <param name="tell">Takes messages for the coordinator, in order.</param>
public sealed class SessionThread(string name, Func<GenerationPlan, CancellationToken, ICollective> connect, Action<IControlMessage> tell) : ISessionObserver, IDisposable
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(500);

    private readonly object _lock = new(); // pulsed when there is a next generation
    private ITrainingSession? _session;
    private GenerationPlan? _next;
    private GenerationPlan? _running;
    private ICollective? _collective;
    private CancellationTokenSource _connecting = new();
    private Action<bool>? _alone; // set when the control plane is gone
    private bool _endedByItself;
    private bool _disposed;
    private long _lastStatus;

    /// <summary>Opens the session on the computing thread and says <see cref="WorkerReady"/>, or why it cannot.</summary>
    public void Open(Func<ITrainingSession> open) =>
        new Thread(() => Run(open)) { IsBackground = true, Name = "training" }.Start();

    /// <summary>Goes over to this generation as soon as the present one has let go.</summary>
    public void Start(GenerationPlan plan)
    {
        lock (_lock)
        {
            _next = plan;
            Interrupt("a new generation begins");
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Gives up the generation; the answer is a <see cref="GenerationFailed"/> in any case.</summary>
    public void Abort(long generation, string reason)
    {
        lock (_lock)
        {
            if (_next?.Number == generation)
                _next = null;
            if (_running?.Number == generation)
            {
                Interrupt(reason);
                return;
            }

            tell(new GenerationFailed(name, generation, _session?.CommittedStep ?? 0, null, reason));
        }
    }

    /// <summary>
    /// The control plane is gone: a generation that is running goes on to its end, since steps need no coordinator; there will be no other one.
    /// </summary>
    /// <param name="done">Called once, from any thread: whether the run ended by itself.</param>
    public void GoOnAlone(Action<bool> done)
    {
        lock (_lock)
        {
            _next = null;
            if (_running is not null)
            {
                _alone = done;
                return;
            }
        }

        done(_endedByItself);
    }

    public void RequestStop()
    {
        lock (_lock)
            _session?.RequestStop();
    }

    public void OnStep(StepMetrics metrics, WorkerStatus status)
    {
        if (status.Rank == 0)
            tell(new StepReported(metrics));
        var now = Environment.TickCount64;
        if (now - _lastStatus < StatusInterval.TotalMilliseconds)
            return;
        _lastStatus = now;
        tell(new StatusReported(status));
    }

    public void OnCheckpoint(long step, string path) => tell(new CheckpointReported(step, path));

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

    public void OnNotice(string message) => tell(new NoticeReported(message));

    private void Run(Func<ITrainingSession> open)
    {
        try
        {
            using var session = open();
            lock (_lock)
                _session = session;
            tell(new WorkerReady(name, WorkerIdentity.Incarnation, session.CommittedStep));
            while (true)
            {
                var (plan, connecting) = Take();
                Train(session, plan, connecting);
                _alone?.Invoke(_endedByItself);
            }
        }
        catch (UserErrorException e)
        {
            tell(new WorkerFailed(name, e.Message));
            _alone?.Invoke(false);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e); // the whole trace, for the log
            tell(new WorkerFailed(name, $"worker {name} failed with an internal error ({e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}); its log has the details"));
            _alone?.Invoke(false);
        }
    }

    /// <summary>Waits for the next generation and makes it the running one.</summary>
    private (GenerationPlan Plan, CancellationToken Connecting) Take()
    {
        lock (_lock)
        {
            while (_next is null || _disposed)
                Monitor.Wait(_lock);
            _running = _next;
            _next = null;
            _connecting.Dispose();
            _connecting = new CancellationTokenSource();
            return (_running, _connecting.Token);
        }
    }

    private void Train(ITrainingSession session, GenerationPlan plan, CancellationToken connecting)
    {
        try
        {
            using var collective = connect(plan, connecting);
            lock (_lock)
            {
                _collective = collective;
                if (connecting.IsCancellationRequested)
                    collective.Abort("the generation ended while it was opened");
            }

            var end = session.Run(plan, collective, this);
            Leave(new SessionEnded(name, plan.Number, end.Outcome, end.Step, end.Message));
        }
        catch (PeerLostException e)
        {
            Leave(new GenerationFailed(name, plan.Number, session.CommittedStep, e.Name, e.Message));
        }
        catch (Exception e) when (e is CollectiveAbortedException or OperationCanceledException)
        {
            Leave(new GenerationFailed(name, plan.Number, session.CommittedStep, null, e.Message));
        }
    }

    /// <summary>
    /// Lets go of the generation and says so under one lock, so that an abort either still breaks it or finds it gone and is answered by
    /// <see cref="Abort"/>: never neither.
    /// </summary>
    private void Leave(IControlMessage lastWord)
    {
        lock (_lock)
        {
            _collective = null;
            _running = null;
            _endedByItself = lastWord is SessionEnded;
            tell(lastWord);
        }
    }

    /// <summary>Under the lock: breaks what is going on, if anything is.</summary>
    private void Interrupt(string reason)
    {
        if (_running is null || _disposed)
            return;
        _connecting.Cancel();
        _collective?.Abort(reason);
    }
}
