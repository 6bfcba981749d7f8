using System.Diagnostics;

namespace DyT.Fuzz.Tests.Engine;

/// <summary>How often a target was fed, and the first input at which it did what it must not.</summary>
internal sealed record FuzzReport(string Target, int Seed, long Inputs, long Accepted, int Answers, byte[]? Failing, string? Failure)
{
    private const int MostBase64 = 1 << 16;

    public override string ToString()
    {
        var counts = $"{Target}: {Inputs} inputs, {Accepted} accepted, {Answers} different refusals (seed {Seed})";
        if (Failing is null)
            return counts;
        var base64 = Convert.ToBase64String(Failing);
        return $"{counts}\n{Failure}\nthe input, {Failing.Length} bytes, in base64 for RegressionTests:\n{(base64.Length <= MostBase64 ? base64 : base64[..MostBase64] + "... (cut)")}";
    }
}

/// <summary>
/// Feeds a target for a while. The reader runs on a thread of its own, so that one that never comes back is noticed and told like any other failure.
/// </summary>
internal sealed class Fuzzer(FuzzTarget target, int seed, TimeSpan duration, TimeSpan deadline)
{
    private readonly FileStream? _journal = FuzzSettings.Journal is { } path ? new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read) : null;
    private byte[]? _current;
    private long _since;
    private long _inputs;
    private long _accepted;
    private (byte[] Input, string Reason)? _failure;
    private int _answers;

    public FuzzReport Run()
    {
        var worker = new Thread(Feed) { IsBackground = true, Name = $"fuzz {target.Name}" };
        worker.Start();
        var poll = deadline / 10;
        while (!worker.Join(poll))
        {
            var since = Volatile.Read(ref _since);
            // The thread is left behind: nothing in .NET could end it.
            if (since != 0 && Stopwatch.GetElapsedTime(since) > deadline)
                return Report((Volatile.Read(ref _current)!, $"it did not come back within {deadline.TotalSeconds:0.#} s"));
        }

        _journal?.Dispose();
        return Report(_failure is { } failure ? Minimizer.Shrink(target, failure.Input, failure.Reason) : null);
    }

    private FuzzReport Report((byte[] Input, string Reason)? failure) =>
        new(target.Name, seed, Interlocked.Read(ref _inputs), Interlocked.Read(ref _accepted), _answers, failure?.Input, failure?.Reason);

    private void Feed()
    {
        var random = new Random(seed);
        var pool = new Pool(target.Seeds);
        var mutator = new Mutator(target, pool, random);
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; _failure is null && (i < target.Seeds.Count || Stopwatch.GetElapsedTime(begin) < duration); i++)
        {
            var isSeed = i < target.Seeds.Count;
            var input = isSeed ? target.Seeds[i] : mutator.Next();
            var verdict = Watched(input);
            if (isSeed && !verdict.Accepted && verdict.Failure is null)
                verdict = verdict with { Failure = $"it refused a valid input: {verdict.Answer}" };
            _inputs++;
            _accepted += verdict.Accepted ? 1 : 0;
            if (verdict.Failure is { } reason)
                _failure = (input, reason);
            else
                pool.Learn(input, verdict, random);
        }

        _answers = pool.Answers;
    }

    private Verdict Watched(byte[] input)
    {
        if (_journal is not null)
        {
            // For what no test survives, such as a stack overflow: the last input stays on disk.
            _journal.SetLength(0);
            _journal.Write(input);
            _journal.Flush();
        }

        Volatile.Write(ref _current, input);
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
        var verdict = Harness.Try(target, input);
        Volatile.Write(ref _since, 0);
        return verdict;
    }
}
