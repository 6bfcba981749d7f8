using System.Diagnostics;

namespace DyT.Bench;

/// <summary>One of the things that are compared: a name and one execution of it.</summary>
public sealed record Contender(string Name, Action Run);

/// <summary>Seconds of one contender's executions.</summary>
public sealed record Timing(string Name, double Median, double Fastest, int Count);

/// <summary>
/// Times contenders in turns, so that a machine that grows slower or faster meanwhile does so for all of them; medians, since a shared machine's
/// outliers say nothing of the code.
/// </summary>
public static class Interleaved
{
    private const int WarmUp = 3;

    /// <param name="contenders">What to time.</param>
    /// <param name="budget">How long all of it may take, warm-up aside.</param>
    /// <param name="least">Turns that there are at least, however long they take.</param>
    public static IReadOnlyList<Timing> Measure(IReadOnlyList<Contender> contenders, TimeSpan budget, int least = 5)
    {
        for (var turn = 0; turn < WarmUp; turn++)
        {
            foreach (var contender in contenders)
                contender.Run();
        }

        var seconds = contenders.Select(_ => new List<double>()).ToList();
        var order = Enumerable.Range(0, contenders.Count).ToArray();
        var random = new Random(1);
        var begin = Stopwatch.GetTimestamp();
        for (var turn = 0; turn < least || Stopwatch.GetElapsedTime(begin) < budget; turn++)
        {
            // In another order each time, not only from another beginning: whoever always came after one that fills the caches would find its input gone, and others theirs still there.
            random.Shuffle(order);
            foreach (var which in order)
            {
                var start = Stopwatch.GetTimestamp();
                contenders[which].Run();
                seconds[which].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        return [.. contenders.Zip(seconds, (contender, times) => Summarise(contender.Name, times))];
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0
            ? throw new ArgumentException("no values have no median", nameof(values))
            : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static Timing Summarise(string name, List<double> times) => new(name, Median(times), times.Min(), times.Count);
}
