using System.Runtime.ExceptionServices;
using DyT.Collectives;

namespace DyT.Training.Gradients;

/// <summary>
/// A thread of its own beside the one that computes: works through numbered items in order, each as soon as it is allowed. It lives as long as the session and
/// never holds work between two generations. A failure ends the work in hand and is thrown where the other thread waits.
/// </summary>
public sealed class CommunicationThread : IDisposable
{
    private readonly object _lock = new(); // guards everything below; pulsed at every change
    private readonly Thread _thread;
    private Action<int>? _work; // null: none in hand
    private int _count;
    private int _allowed;
    private int _done;
    private bool _running;
    private bool _disposed;
    private ExceptionDispatchInfo? _failure;

    public CommunicationThread()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "communication" };
        _thread.Start();
    }

    /// <summary>Whether nothing was begun that is not completed or dropped.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return _work is null;
        }
    }

    /// <summary>Takes on <paramref name="work"/>(0), ..., <paramref name="work"/>(count - 1), none of which is allowed yet.</summary>
    public void Begin(int count, Action<int> work)
    {
        lock (_lock)
        {
            if (_work is not null)
                throw new InvalidOperationException("the last work was neither completed nor dropped");
            (_work, _count, _allowed, _done, _failure) = (work, count, 0, 0, null);
        }
    }

    /// <summary>From now on the first <paramref name="count"/> items may be done; what the caller wrote before is visible to them. Never takes back.</summary>
    public void Allow(int count)
    {
        lock (_lock)
        {
            if (_work is null || count <= _allowed)
                return;
            _allowed = count;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits until the first <paramref name="count"/> items, which must be allowed, are done, and throws what went wrong until then; what the work wrote is visible to the caller.</summary>
    /// <returns>Whether they were not done already.</returns>
    public bool Await(int count)
    {
        lock (_lock)
        {
            var waits = _done < count && _failure is null;
            while (_done < count && _failure is null)
                Monitor.Wait(_lock);
            _failure?.Throw(); // it stays for whoever abandons the work
            return waits;
        }
    }

    /// <summary>Allows all that is left, waits until it is done, and throws what went wrong with it.</summary>
    public void Complete()
    {
        ExceptionDispatchInfo? failure;
        lock (_lock)
        {
            _allowed = _count;
            Monitor.PulseAll(_lock);
            while (_running || (_done < _count && _failure is null))
                Monitor.Wait(_lock);
            failure = _failure;
            (_work, _failure) = (null, null);
        }

        failure?.Throw();
    }

    /// <summary>After an exception between <see cref="Begin"/> and <see cref="Complete"/>: the peers cannot be waited for any more. When it returns, no item is in hand.</summary>
    /// <param name="collective">What the items wait in; broken unless there is no work.</param>
    public void Abandon(ICollective collective)
    {
        if (IsIdle)
            return;
        collective.Abort("this worker's step failed");
        lock (_lock)
        {
            _count = _allowed = 0;
            while (_running)
                Monitor.Wait(_lock);
            (_work, _failure) = (null, null);
        }
    }

    /// <summary>Ends the thread, after what it has in hand.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Monitor.PulseAll(_lock);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (Next() is var (work, item))
        {
            ExceptionDispatchInfo? failure = null;
            try
            {
                work(item);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e); // for Complete
            }

            lock (_lock)
            {
                _running = false;
                _failure = failure;
                _done++;
                Monitor.PulseAll(_lock);
            }
        }
    }

    private (Action<int> Work, int Item)? Next()
    {
        lock (_lock)
        {
            while (!_disposed)
            {
                if (_work is not null && _failure is null && _done < _allowed)
                {
                    _running = true;
                    return (_work, _done);
                }

                Monitor.Wait(_lock);
            }

            return null;
        }
    }
}
