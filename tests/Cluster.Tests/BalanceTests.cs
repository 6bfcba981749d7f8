using CsCheck;
using DyT.Collectives;
using DyT.Config;
using DyT.Coordinator.Core;

namespace DyT.Cluster.Tests;

/// <summary>Shares of micro-shards and the watch over slow workers, against plain definitions.</summary>
public sealed class BalanceTests
{
    [Fact]
    public void One_more_always_goes_to_whoever_would_be_done_with_it_first() =>
        Gen.Select(Gen.Double[0.01, 10].Array[1, 8], Gen.Int[0, 40]).Sample((seconds, more) =>
        {
            var expected = Enumerable.Repeat(1, seconds.Length).ToArray();
            for (var left = more; left > 0; left--)
                expected[Enumerable.Range(0, seconds.Length).MinBy(i => (expected[i] + 1) * seconds[i])]++;
            var ranges = Balance.Ranges(seconds.Length + more, [.. seconds.Select(s => (double?)s)]);
            Assert.Equal(expected, ranges.Select(r => r.Count));
        });

    [Fact]
    public void A_worker_is_slow_against_the_median_of_the_others()
    {
        // 3 times the others' median is far slower; of [1, 1, 2, x] the others of x have the median 1.
        Assert.Equal(["w3"], NamedSlow(1, 1, 2, 3));
        Assert.Empty(NamedSlow(1, 1, 2, 2.9));
        // Of two, each is held against the other.
        Assert.Equal(["w0"], NamedSlow(6, 2));
        Assert.Equal(["w1"], NamedSlow(2, 6));
        Assert.Empty(NamedSlow(5, 5, 5));
    }

    [Fact]
    public void Who_is_named_slow_is_who_the_definition_names() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 3]).Select((a, b) => (double)(a * (int)Math.Pow(3, b))).Array[2, 9].Sample(seconds =>
        {
            var expected = Enumerable.Range(0, seconds.Length).Where(i =>
            {
                var others = seconds.Where((_, j) => j != i).Order().ToArray();
                return seconds[i] >= 3 * others[others.Length / 2];
            });
            Assert.Equal(expected.Select(i => $"w{i}"), NamedSlow(seconds));
        });

    /// <summary>Who is told to be slow when it has been so for a minute.</summary>
    private static List<string> NamedSlow(params double[] seconds)
    {
        var workers = seconds.Select((s, i) => new WorkerEntry($"w{i}", "1", "h", 1, "m", "b")).ToDictionary(w => w.Name);
        for (var i = 0; i < seconds.Length; i++)
        {
            for (var sample = 0; sample < 6; sample++)
                workers[$"w{i}"].Took(seconds[i], 1);
        }

        var plan = new GenerationPlan("run", 1, seconds.Length, [.. seconds.Select((_, i) => new GenerationMember($"w{i}", "h", 1, new ShardRange(i, i + 1)))]);
        var watch = new SpeedWatch(StragglerPolicy.Balance);
        return [.. new[] { 0, 60 }.Select(t => watch.Tick(TimeSpan.FromSeconds(t), plan, workers)).OfType<SpeedVerdict>().SelectMany(v => v.Notices).Select(n => n.Split(' ')[1])];
    }
}
