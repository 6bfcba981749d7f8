using System.Security.Cryptography;
using System.Text;
using DyT.Cluster.Messages;

namespace DyT.Cluster;

/// <summary>Shows that a registration comes from somebody who knows the run's secret.</summary>
public static class RegistrationProof
{
    /// <summary>The message with its proof filled in.</summary>
    public static Register Sign(Register register, byte[] secret) => register with { Proof = Compute(register, secret) };

    public static bool IsValid(Register register, byte[] secret) => CryptographicOperations.FixedTimeEquals(register.Proof, Compute(register, secret));

    private static byte[] Compute(Register r, byte[] secret)
    {
        // Lengths stand before the words, so that no two registrations have the same text.
        var words = new[] { "register", r.Name, r.Incarnation, r.Host, r.DataPort.ToString(System.Globalization.CultureInfo.InvariantCulture), r.Machine, r.Build };
        return HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(string.Concat(words.Select(w => $"{w.Length}:{w}"))));
    }
}
