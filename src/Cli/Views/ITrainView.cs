using DyT.Cli.Processes;
using DyT.Runs;

namespace DyT.Cli.Views;

/// <summary>Shows a run while it goes on. Calls come one at a time; must not throw.</summary>
public interface ITrainView : IDisposable
{
    /// <param name="e">What happened.</param>
    /// <param name="after">The state after it.</param>
    void Handle(RunEvent e, TrainProgress after);

    /// <summary>A line of log from the process of that name.</summary>
    void Log(string process, string line);
}

/// <summary>What is known of a run before it starts.</summary>
/// <param name="Model">One phrase, e.g. <c>4 layers, d 128, dyt, 0.8M parameters</c>.</param>
public sealed record RunHeader(string Run, string Model, string Device);

/// <summary>Folds the events of a cluster into the run's progress and passes both to a view, one call at a time.</summary>
public sealed class ProgressFeed(TrainProgress start, ITrainView view, TimeProvider time) : IClusterObserver
{
    private readonly Lock _lock = new();
    private TrainProgress _progress = start;

    public TrainProgress Progress
    {
        get
        {
            lock (_lock)
                return _progress;
        }
    }

    public void OnEvent(RunEvent e)
    {
        lock (_lock)
        {
            _progress = _progress.Apply(e, time.GetUtcNow());
            view.Handle(e, _progress);
        }
    }

    public void OnLog(string process, string line)
    {
        lock (_lock)
            view.Log(process, line);
    }
}
