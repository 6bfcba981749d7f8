using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>Several ranks of one generation inside the test process, each with its own listener and thread, over real loopback sockets.</summary>
internal sealed class Generation : IDisposable
{
    public static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private readonly DataPlaneListener[] _listeners;

    private Generation(DataPlaneListener[] listeners, GenerationPlan plan, ICollective[] ranks)
    {
        _listeners = listeners;
        Plan = plan;
        Ranks = ranks;
    }

    public GenerationPlan Plan { get; }

    public ICollective[] Ranks { get; }

    public static DataPlaneOptions Options { get; } = new() { ConnectTimeout = TimeSpan.FromSeconds(20), Silence = TimeSpan.FromSeconds(20), Transport = DataTransport.Tcp };

    public static DataPlaneListener Listen(DataPlaneOptions? options = null, string run = "run", byte[]? secret = null) =>
        new("127.0.0.1", 0, new DataPlaneIdentity(run, secret ?? Secret), options ?? Options);

    public static GenerationPlan PlanFor(IReadOnlyList<DataPlaneListener> listeners, IReadOnlyList<ShardRange> ranges, long number = 1) =>
        new("run", number, ranges[^1].End, [.. listeners.Select((l, i) => new GenerationMember($"w{i}", "127.0.0.1", l.Port, ranges[i]))]);

    public static Generation Open(IReadOnlyList<ShardRange> ranges, DataPlaneOptions? options = null) => Open(ranges, _ => options);

    /// <param name="ranges">By rank.</param>
    /// <param name="options">Each rank's own; null for the usual ones.</param>
    public static Generation Open(IReadOnlyList<ShardRange> ranges, Func<int, DataPlaneOptions?> options)
    {
        var listeners = ranges.Select((_, rank) => Listen(options(rank))).ToArray();
        var plan = PlanFor(listeners, ranges);
        var ranks = new ICollective[ranges.Count];
        OnThreads(ranges.Count, rank => ranks[rank] = listeners[rank].Connect(plan, rank, CancellationToken.None));
        return new Generation(listeners, plan, ranks);
    }

    public void Each(Action<ICollective> action) =>
        OnThreads(Ranks.Length, rank => action(Ranks[rank]), () => string.Join("; ", Ranks.Select(c => $"{c.Plan.Members[c.Rank].Name}: {c.Describe()}")));

    /// <summary>Runs the action once per rank on threads of their own; throws what went wrong on any of them.</summary>
    public static void OnThreads(int count, Action<int> action, Func<string>? describe = null)
    {
        var failures = new Exception?[count];
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                action(i);
            }
            catch (Exception e)
            {
                failures[i] = e;
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        foreach (var thread in threads)
        {
            // A rank that failed leaves the others waiting: its failure is the cause.
            if (!thread.Join(TimeSpan.FromSeconds(60)))
                throw new InvalidOperationException($"a rank hangs ({describe?.Invoke()})", failures.FirstOrDefault(f => f is not null));
        }

        if (failures.FirstOrDefault(f => f is not null) is { } failure)
            throw new AggregateException(failure);
    }

    public void Dispose()
    {
        OnThreads(Ranks.Length, rank => Ranks[rank].Dispose());
        foreach (var listener in _listeners)
            listener.Dispose();
    }
}
