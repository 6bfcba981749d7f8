using System.Diagnostics;

namespace DyT.Fuzz.Tests.Engine;

/// <summary>Takes pieces out of a failing input as long as it still fails, so that it can be read and kept as a test.</summary>
internal static class Minimizer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int ComparedCharacters = 40;

    public static (byte[] Input, string Reason) Shrink(FuzzTarget target, byte[] input, string reason)
    {
        var kind = Kind(reason);
        var begin = Stopwatch.GetTimestamp();
        for (var piece = input.Length / 2; piece > 0; piece /= 2)
        {
            for (var at = 0; at + piece <= input.Length && Stopwatch.GetElapsedTime(begin) < Patience;)
            {
                byte[] shorter = [.. input.AsSpan(0, at), .. input.AsSpan(at + piece)];
                if (Harness.Try(target, shorter).Failure is { } failure && Kind(failure) == kind)
                    (input, reason) = (shorter, failure);
                else
                    at += piece;
            }
        }

        return (input, reason);
    }

    // One defect must not turn into another on the way.
    private static string Kind(string reason) => string.Concat(reason.Take(ComparedCharacters).Where(char.IsAsciiLetter));
}
