using System.Diagnostics;

namespace DyT.Fuzz.Tests.Engine;

/// <summary>What came of one input.</summary>
/// <param name="Accepted">The reader took it.</param>
/// <param name="Answer">The reader's sentence, null when it took the input.</param>
/// <param name="Failure">What the reader must not do, if it did.</param>
internal readonly record struct Verdict(bool Accepted, string? Answer, string? Failure);

/// <summary>Gives one input to a target and measures.</summary>
internal static class Harness
{
    private const int Repeats = 3;
    private const int BeyondNoise = 20;

    /// <summary>The same on a thread of its own, for inputs at which a reader may hang.</summary>
    public static Verdict TryWithin(FuzzTarget target, byte[] input, TimeSpan deadline)
    {
        var late = new Verdict(false, null, $"it did not come back within {deadline.TotalSeconds:0.#} s");
        var verdict = late;
        var worker = new Thread(() => verdict = Try(target, input)) { IsBackground = true, Name = $"fuzz {target.Name}" };
        worker.Start();
        return worker.Join(deadline) ? verdict : late;
    }

    public static Verdict Try(FuzzTarget target, byte[] input)
    {
        var (verdict, time, memory) = Once(target, input);
        // A busy machine, the collector and just-in-time compilation only ever add: what counts is the least of several.
        for (var i = 0; i < Repeats && verdict.Failure is null && time < BeyondNoise * target.TimeFor(input) && (time > target.TimeFor(input) || memory > target.MemoryFor(input)); i++)
        {
            var again = Once(target, input);
            time = again.Time < time ? again.Time : time;
            memory = Math.Min(memory, again.Memory);
        }

        if (verdict.Failure is not null)
            return verdict;
        if (time > target.TimeFor(input))
            return verdict with { Failure = $"it took {time.TotalMilliseconds:0} ms, more than {target.TimeFor(input).TotalMilliseconds:0} ms for {input.Length} bytes" };
        if (memory > target.MemoryFor(input))
            return verdict with { Failure = $"it allocated {memory} bytes, more than {target.MemoryFor(input)} for {input.Length} bytes" };
        return verdict;
    }

    private static (Verdict Verdict, TimeSpan Time, long Memory) Once(FuzzTarget target, byte[] input)
    {
        // A reader may write into what it is given; the next run and the report need the input as it was.
        var copy = (byte[])input.Clone();
        var memory = GC.GetAllocatedBytesForCurrentThread();
        var begin = Stopwatch.GetTimestamp();
        Verdict verdict;
        try
        {
            var accepted = target.Read(copy);
            verdict = new Verdict(accepted, accepted ? null : "refused", null);
        }
        catch (Exception e) when (target.Allowed?.IsInstanceOfType(e) == true)
        {
            verdict = new Verdict(false, e.Message, null);
        }
        catch (Exception e)
        {
            verdict = new Verdict(false, null, $"it threw {e}");
        }

        return (verdict, Stopwatch.GetElapsedTime(begin), GC.GetAllocatedBytesForCurrentThread() - memory);
    }
}
