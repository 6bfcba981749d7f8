using System.Globalization;
using System.Text.Json;
using DyT.Cli.Processes;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Chaos;

/// <summary>Whether a ledger is right, and in one sentence what is wrong first.</summary>
public sealed record LedgerVerdict(bool Right, string Sentence);

/// <summary>
/// Checks that <c>metrics.jsonl</c> holds every step exactly once and in order. Unlike <see cref="Summaries.MetricsLog"/> it forgives nothing: what that passes over
/// (a step twice, a last line that was cut off) is what is looked for here.
/// </summary>
public static class LedgerCheck
{
    /// <param name="steps">The run's last step; the first is 1.</param>
    /// <param name="expectedSamples">The digest of the samples that a step must have used; null: not compared.</param>
    /// <exception cref="UserErrorException">The file cannot be read.</exception>
    public static LedgerVerdict Read(string path, long steps, Func<long, string>? expectedSamples = null)
    {
        try
        {
            using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var lines = new BoundedLineReader(file);
            return Check(Lines(lines), steps, expectedSamples);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: the ledger cannot be read ({e.Message.TrimEnd('.')}); check that the run has started.", inner: e);
        }
    }

    /// <summary>The same over lines.</summary>
    public static LedgerVerdict Check(IEnumerable<string> lines, long steps, Func<long, string>? expectedSamples = null)
    {
        long done = 0;
        foreach (var line in lines)
        {
            var number = done + 1;
            if (Parse(line) is not { } entry)
                return Wrong($"line {number} is not a step's metrics");
            if (entry.Step != number)
                return Wrong(Deviation(entry.Step, number, steps));
            if (entry.Step > steps)
                return Wrong($"step {entry.Step} is there, but the run has {steps}");
            if (expectedSamples is not null && Samples(entry, expectedSamples(entry.Step)) is { } difference)
                return Wrong(difference);
            done = number;
        }

        return done == steps
            ? new LedgerVerdict(true, Say($"every step from 1 to {steps} exactly once{(expectedSamples is null ? "" : ", with the right samples")}"))
            : Wrong($"step {done + 1} is missing, after which the ledger ends");
    }

    private static FormattableString Deviation(long step, long expected, long steps) => step switch
    {
        < 1 => $"line {expected} is of step {step}, but the first step is 1",
        _ when step < expected => $"step {step} is there again in line {expected}",
        _ when step > steps => $"step {step} is in line {expected}, but the run has {steps}",
        _ => $"step {expected} is missing before step {step}",
    };

    private static FormattableString? Samples(LedgerLine entry, string expected) => entry.Samples switch
    {
        null or "" => $"step {entry.Step} has no digest of its samples",
        var found when string.Equals(found, expected, StringComparison.OrdinalIgnoreCase) => null,
        var found => $"step {entry.Step} used other samples than it should have (digest {Cut(found)}, not {Cut(expected)})",
    };

    private static string Cut(string digest) => digest.Length > 16 ? digest[..16] + "..." : digest;

    private static LedgerLine? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<LedgerLine>(line, RunJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Lines(BoundedLineReader reader)
    {
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private static LedgerVerdict Wrong(FormattableString what) => new(false, Say(what));

    private static string Say(FormattableString what) => string.Create(CultureInfo.InvariantCulture, $"{what.ToString(CultureInfo.InvariantCulture)}.");

    /// <summary>What is checked of a line; its own record, so that the check rests on no more than it needs.</summary>
    private sealed record LedgerLine
    {
        public required long Step { get; init; }

        /// <summary>Hex digest of the samples used; absent in ledgers that do not have it.</summary>
        public string? Samples { get; init; }
    }
}
