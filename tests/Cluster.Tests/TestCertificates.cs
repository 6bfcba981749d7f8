using System.Security.Cryptography.X509Certificates;
using DyT.Security;

namespace DyT.Cluster.Tests;

/// <summary>Identities of the run's authority, and of others.</summary>
internal static class TestCertificates
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    public static CertificateAuthority Authority { get; } = NewAuthority();

    public static CertificateAuthority NewAuthority() => new("test authority", Now.AddDays(-10), Now.AddDays(10));

    /// <summary>A process that trusts the run's authority and shows a certificate of the one given.</summary>
    public static TlsIdentity Identity(string role, CertificateAuthority? issuer = null, string host = "127.0.0.1", int validFrom = -1, int validTo = 1) =>
        new((issuer ?? Authority).Issue(role, [host], Now.AddDays(validFrom), Now.AddDays(validTo)), new X509Certificate2Collection(Authority.Certificate));
}
