using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DyT.Security;

/// <summary>Whether a certificate is one of this run's: who issued it, when it is valid, what it may be used for, and for which role.</summary>
public static class PeerCertificate
{
    private const string CommonName = "2.5.4.3";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Why the certificate is not accepted, continuing a sentence about the peer; null when it is.</summary>
    /// <param name="authorities">The only issuers that count; the system's are not asked.</param>
    /// <param name="roles">The roles that may speak here.</param>
    public static string? Refusal(X509Certificate2? certificate, X509Certificate2Collection authorities, IReadOnlyCollection<string> roles)
    {
        if (certificate is null)
            return "it showed no certificate";
        if (Dates(certificate) is { } untimely)
            return $"its certificate {untimely}";
        if (Chain(certificate, authorities) is { } broken)
            return $"its certificate {broken}";
        var role = Role(certificate);
        return role is not null && roles.Contains(role) ? null : $"its certificate is for '{role ?? certificate.Subject}' and not for {string.Join(" or ", roles)}";
    }

    /// <summary>The one common name of the subject; null when there is none or more than one.</summary>
    public static string? Role(X509Certificate2 certificate)
    {
        var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == CommonName)
            .Select(n => n.GetSingleElementValue())
            .ToList();
        return names.Count == 1 ? names[0] : null;
    }

    private static string? Dates(X509Certificate2 certificate)
    {
        var now = DateTime.Now; // as the certificate's own dates are given
        if (now > certificate.NotAfter)
            return $"has expired ({certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC)";
        return now < certificate.NotBefore ? $"is not valid yet (from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC)" : null;
    }

    private static string? Chain(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true; // a stranger's certificate must not make this process fetch anything
        // Every process both dials and is dialled.
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (!chain.Build(certificate))
            return Words(chain.ChainStatus);
        return certificate.Extensions.OfType<X509KeyUsageExtension>().Any(u => !u.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature))
            ? "is not meant for signatures"
            : null;
    }

    private static string Words(X509ChainStatus[] statuses)
    {
        const X509ChainStatusFlags Foreign = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;
        var all = statuses.Aggregate(X509ChainStatusFlags.NoError, (flags, s) => flags | s.Status);
        if ((all & Foreign) != 0)
            return "was not issued by the run's authority";
        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid))
            return "was issued by an authority whose own certificate is not valid now";
        return all.HasFlag(X509ChainStatusFlags.NotValidForUsage) ? "is not meant for both client and server authentication" : $"is not valid ({all})";
    }
}
