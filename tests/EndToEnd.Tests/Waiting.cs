using System.Diagnostics;

namespace DyT.EndToEnd.Tests;

internal static class Waiting
{
    /// <summary>Waits for a condition of the outside world, which can only be polled; fails when it does not come.</summary>
    public static void Until(Func<bool> condition, string what, int seconds = 60)
    {
        var begin = Stopwatch.GetTimestamp();
        using var never = new ManualResetEventSlim(false);
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds, $"{what} did not happen within {seconds} s");
            never.Wait(50);
        }
    }
}
