using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DyT.Security;

/// <summary>A small authority for development and tests: one self-signed root that signs the processes' certificates directly.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private const int SerialBytes = 16;
    private readonly X509Certificate2 _root;

    public CertificateAuthority(string name, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        using var key = NewKey();
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _root = request.CreateSelfSigned(notBefore, notAfter);
    }

    /// <summary>The root, without its key.</summary>
    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(_root.RawData);

    public string ExportKeyPem()
    {
        using var key = _root.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>A certificate with its private key.</summary>
    /// <param name="role">The subject's common name.</param>
    /// <param name="hosts">Names and addresses at which the process is dialled.</param>
    public X509Certificate2 Issue(string role, IReadOnlyCollection<string> hosts, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        using var key = NewKey();
        var request = new CertificateRequest($"CN={role}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (hosts.Count > 0)
            request.CertificateExtensions.Add(AlternativeNames(hosts));
        using var certificate = request.Create(_root, notBefore, notAfter, RandomNumberGenerator.GetBytes(SerialBytes));
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose() => _root.Dispose();

    private static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static X509Extension AlternativeNames(IEnumerable<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        return names.Build();
    }
}
