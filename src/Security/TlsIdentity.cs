using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DyT.Config;

namespace DyT.Security;

/// <summary>Who this process is to others, and whose word it takes for who they are. Lives as long as the process.</summary>
/// <param name="Certificate">With its private key.</param>
public sealed record TlsIdentity(X509Certificate2 Certificate, X509Certificate2Collection Authorities)
{
    /// <summary>Reads the files and checks that a peer with the same authority will accept them.</summary>
    /// <exception cref="UserErrorException">A file is missing, damaged or not for this role.</exception>
    public static TlsIdentity Load(IdentityFiles files, string role)
    {
        var authorities = new X509Certificate2Collection();
        Read(files.Authority, authorities.ImportFromPemFile);
        if (authorities.Count == 0)
            throw new UserErrorException($"{files.Authority}: holds no certificate in PEM form; it must be the authority's");
        X509Certificate2? certificate = null;
        Read(files.Certificate, path => certificate = X509Certificate2.CreateFromPem(File.ReadAllText(path)));
        Read(files.Key, path => certificate = X509Certificate2.CreateFromPem(certificate!.ExportCertificatePem(), File.ReadAllText(path)));
        return PeerCertificate.Refusal(certificate, authorities, [role]) is { } refusal
            ? throw new UserErrorException($"{files.Certificate}: this {NodeRole.Word(role)} cannot use it: {refusal}")
            : new TlsIdentity(certificate!, authorities);
    }

    /// <summary>Why a peer's certificate is not accepted; null when it is.</summary>
    public string? Refusal(X509Certificate2? peer, IReadOnlyCollection<string> roles) => PeerCertificate.Refusal(peer, Authorities, roles);

    /// <summary>What the TLS library checks by itself, before <see cref="Refusal"/> is asked: as little as it may, and nothing from the network.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }

    private static void Read(string path, Action<string> read)
    {
        try
        {
            read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: cannot be read ({e.Message.TrimEnd('.')})", inner: e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Without the library's words: they may quote the file.
            throw new UserErrorException($"{path}: is not the PEM file that it should be (a certificate, or the unencrypted private key that belongs to it)", inner: e);
        }
    }
}
