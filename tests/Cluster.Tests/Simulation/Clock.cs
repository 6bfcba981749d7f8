namespace DyT.Cluster.Tests.Simulation;

/// <summary>Virtual time and what is to happen in it. The same seed gives the same course of events.</summary>
internal sealed class Clock(int seed)
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Number)> _queue = new();
    private long _number;

    public Random Random { get; } = new(seed);

    public TimeSpan Now { get; private set; }

    public double Milliseconds(double from, double to) => from + (Random.NextDouble() * (to - from));

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public void After(double milliseconds, Action action) => _queue.Enqueue(action, (Now + TimeSpan.FromMilliseconds(milliseconds), _number++));

    /// <summary>Lets things happen until the condition holds; false when the time is over first.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan deadline)
    {
        while (!condition())
        {
            if (!_queue.TryPeek(out var action, out var at) || at.At > deadline)
                return false;
            _queue.Dequeue();
            Now = at.At;
            action();
        }

        return true;
    }
}
