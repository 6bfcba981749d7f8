using DyT.Collectives;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp;
using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

/// <summary>Several sessions of one run inside the test process, joined by real sockets. Only without dropout: they share libtorch's generator.</summary>
internal sealed class Members : IDisposable
{
    private readonly DataPlaneListener[] _listeners;
    private readonly SharedArena[] _arenas; // of the sessions' gradients

    public Members(TestRun first, int count, DataPlaneOptions? options = null)
    {
        Runs = [first, .. Enumerable.Range(1, count - 1).Select(_ => new TestRun("model.dropout=0") { Config = first.Config, Folder = first.Folder })];
        _arenas = [.. Runs.Select(_ => new SharedArena())];
        Sessions = [.. Runs.Zip(_arenas, (r, arena) => r.Open(arena))];
        var identity = new DataPlaneIdentity("run", new byte[32]);
        _listeners = [.. _arenas.Select(arena => new DataPlaneListener("127.0.0.1", 0, identity, (options ?? new DataPlaneOptions()) with { Arena = arena }))];
    }

    public IReadOnlyList<TestRun> Runs { get; }

    /// <summary>Put around each member's collective, by rank.</summary>
    public Func<int, ICollective, ICollective>? Wrap { get; set; }

    public IReadOnlyList<TrainingSession> Sessions { get; }

    public GenerationPlan Plan(long number, params ShardRange[] ranges) =>
        new("run", number, ranges[^1].End, [.. ranges.Select((r, i) => new GenerationMember($"w{i}", "127.0.0.1", _listeners[i].Port, r))]);

    /// <summary>A generation of some of the members, by their index; ranges by rank.</summary>
    public GenerationPlan Plan(long number, int[] who, params ShardRange[] ranges) =>
        new("run", number, ranges[^1].End, [.. ranges.Select((r, i) => new GenerationMember($"w{who[i]}", "127.0.0.1", _listeners[who[i]].Port, r))]);

    /// <summary>Runs the generation on its members; what each one's Run returned.</summary>
    public RunResult[] Run(GenerationPlan plan)
    {
        var (results, failures) = Attempt(plan);
        return failures.Any(f => f is not null) ? throw new AggregateException(failures.OfType<Exception>()) : [.. results.Select(r => r!)];
    }

    /// <summary>As <see cref="Run"/>, but members may lose each other.</summary>
    public (RunResult?[] Results, Exception?[] Failures) Attempt(GenerationPlan plan)
    {
        var results = new RunResult?[plan.WorldSize];
        var failures = new Exception?[plan.WorldSize];
        var threads = Enumerable.Range(0, plan.WorldSize).Select(rank => new Thread(() =>
        {
            try
            {
                var who = int.Parse(plan.Members[rank].Name[1..], System.Globalization.CultureInfo.InvariantCulture);
                using var collective = _listeners[who].Connect(plan, rank, CancellationToken.None);
                results[rank] = Sessions[who].Run(plan, Wrap?.Invoke(rank, collective) ?? collective, Runs[who]);
            }
            catch (Exception e)
            {
                failures[rank] = e;
            }
        })
        { IsBackground = true }).ToList();
        threads.ForEach(t => t.Start());
        var deadline = DateTime.UtcNow.AddSeconds(60);
        var ended = threads.ConvertAll(t => t.Join(TimeSpan.FromSeconds(Math.Max(0, (deadline - DateTime.UtcNow).TotalSeconds))));
        Assert.True(ended.TrueForAll(e => e), $"a member hangs: {string.Join("; ", Runs.Select((r, i) => $"w{i} in {r.Recorder.Current}"))}; {failures.FirstOrDefault(f => f is not null)}");
        return (results, failures);
    }

    public void Dispose()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
        foreach (var session in Sessions)
            session.Dispose();
        foreach (var arena in _arenas)
            arena.Dispose();
        foreach (var run in Runs.Skip(1))
            run.Dispose(); // the first is the caller's
    }
}
