using System.Globalization;
using System.Security.Cryptography;
using DyT.Cluster.Messages;

namespace DyT.Cluster;

/// <summary>Shows that a registration, and the answer to a challenge in it, come from somebody who knows the run's secret.</summary>
public static class RegistrationProof
{
    /// <summary>The message with its proof filled in.</summary>
    public static Register Sign(Register register, byte[] secret) => register with { Proof = Compute(register, secret) };

    public static bool IsValid(Register register, byte[] secret) => CryptographicOperations.FixedTimeEquals(register.Proof, Compute(register, secret));

    private static byte[] Compute(Register r, byte[] secret)
    {
        var port = r.DataPort.ToString(CultureInfo.InvariantCulture);
        return Mac.Of(secret, "register", r.Name, r.Incarnation, r.Host, port, r.Machine, r.Build, Convert.ToHexString(r.Challenge));
    }
}
