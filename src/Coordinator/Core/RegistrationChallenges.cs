using System.Globalization;
using System.Security.Cryptography;
using DyT.Cluster;
using DyT.Cluster.Messages;

namespace DyT.Coordinator.Core;

/// <summary>What is to be thought of a registration.</summary>
public enum RegistrationVerdict
{
    /// <summary>It answers this coordinator's challenge, and is the first that does.</summary>
    Accepted,

    /// <summary>It answers no challenge: the worker is new here.</summary>
    Unanswered,

    /// <summary>Whoever sent it does not know the run's secret.</summary>
    Unproven,

    /// <summary>Somebody who knows the secret wrote it, but once: a recording, or a worker that was held up for long.</summary>
    Stale,
}

/// <summary>
/// Tells a worker that registers from somebody who recorded it doing so: a registration counts only if it answers a challenge of this very coordinator, and only once.
/// </summary>
/// <remarks>
/// Challenges are derived and not kept, so that strangers who ask for them cost no memory. What is kept is how often each name has registered, which only those who know
/// the secret can raise; it makes every accepted answer the last to its challenge. Answers that were held back lapse by time.
/// </remarks>
/// <param name="secret">The run's.</param>
/// <param name="key">32 random bytes, new with every coordinator: answers to the one before are worth nothing here.</param>
public sealed class RegistrationChallenges(byte[] secret, byte[] key)
{
    /// <summary>A challenge can be answered until the window after its own is over.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> _accepted = [];

    /// <summary>32 bytes that a registration of this process must answer now.</summary>
    public byte[] For(string name, string incarnation, TimeSpan now) => InWindow(name, incarnation, WindowOf(now));

    /// <summary>Judges a registration; one that is accepted here is stale from then on.</summary>
    public RegistrationVerdict Judge(Register register, TimeSpan now)
    {
        if (register.Challenge.Length == 0)
            return RegistrationVerdict.Unanswered;
        if (!RegistrationProof.IsValid(register, secret))
            return RegistrationVerdict.Unproven;
        var window = WindowOf(now);
        if (!Answers(register, window) && !Answers(register, window - 1))
            return RegistrationVerdict.Stale;
        _accepted[register.Name] = Accepted(register.Name) + 1;
        return RegistrationVerdict.Accepted;
    }

    private bool Answers(Register register, long window) =>
        CryptographicOperations.FixedTimeEquals(register.Challenge, InWindow(register.Name, register.Incarnation, window));

    private byte[] InWindow(string name, string incarnation, long window) =>
        Mac.Of(key, "challenge", name, incarnation, Accepted(name).ToString(CultureInfo.InvariantCulture), window.ToString(CultureInfo.InvariantCulture));

    private long Accepted(string name) => _accepted.GetValueOrDefault(name);

    private static long WindowOf(TimeSpan now) => now.Ticks / Window.Ticks;
}
