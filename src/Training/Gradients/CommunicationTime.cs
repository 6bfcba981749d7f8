using System.Diagnostics;

namespace DyT.Training.Gradients;

/// <summary>How long communication took, and what of it computing went on beside.</summary>
/// <param name="Seconds">Waiting for peers included.</param>
/// <param name="Hidden">Of these, seconds in which the training thread did not wait for it.</param>
public readonly record struct CommunicationTime(double Seconds, double Hidden)
{
    /// <param name="busy">Ticks of the communication.</param>
    /// <param name="waited">Ticks in which the training thread waited for it.</param>
    public static CommunicationTime Of(long busy, long waited) =>
        new(Stopwatch.GetElapsedTime(0, busy).TotalSeconds, Stopwatch.GetElapsedTime(0, Math.Max(0, busy - waited)).TotalSeconds);

    public static CommunicationTime operator +(CommunicationTime a, CommunicationTime b) => new(a.Seconds + b.Seconds, a.Hidden + b.Hidden);
}
