using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DyT.Cli.Commands;
using DyT.Config;
using DyT.Runs;
using DyT.Security;

namespace DyT.Cli.Actions;

/// <summary><c>dyt certs init | show</c>.</summary>
internal static class CertsActions
{
    // Clocks of different machines differ a little.
    private static readonly TimeSpan Leeway = TimeSpan.FromHours(1);

    public static int Init(CertsInitOptions options, TextWriter output)
    {
        var from = DateTimeOffset.UtcNow - Leeway;
        var to = DateTimeOffset.UtcNow.AddDays(options.Days);
        using var authority = new CertificateAuthority("DyT development authority", from, to);
        using var coordinator = authority.Issue(NodeRole.Coordinator, options.Hosts, from, to);
        using var worker = authority.Issue(NodeRole.Worker, options.Hosts, from, to);
        using var root = authority.Certificate;
        (string Name, string Text, bool Secret)[] files =
        [
            ("ca.pem", root.ExportCertificatePem(), false),
            ("ca.key", authority.ExportKeyPem(), true),
            ("coordinator.pem", coordinator.ExportCertificatePem(), false),
            ("coordinator.key", KeyPem(coordinator), true),
            ("worker.pem", worker.ExportCertificatePem(), false),
            ("worker.key", KeyPem(worker), true),
        ];
        try
        {
            Directory.CreateDirectory(options.Folder);
            if (files.FirstOrDefault(f => File.Exists(Path.Combine(options.Folder, f.Name))) is { Name: { } present })
                throw new UserErrorException($"{Path.Combine(options.Folder, present)}: exists and is not overwritten; choose another folder or remove it.", UserErrorException.Usage);
            foreach (var (name, text, secret) in files)
                Write(Path.Combine(options.Folder, name), text, secret);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{options.Folder}: cannot be written ({e.Message.TrimEnd('.')}).", inner: e);
        }

        output.WriteLine($"{options.Folder}: an authority and certificates for {string.Join(", ", options.Hosts)}, valid until {Time(to)}");
        output.WriteLine($"cluster: {{ security: {{ control: tls, data: tls, certificate: \"{options.Folder}/{{role}}.pem\", key: \"{options.Folder}/{{role}}.key\", authority: \"{options.Folder}/ca.pem\" }} }}");
        output.WriteLine("The processes need no ca.key: keep it elsewhere, or delete it when no more certificates are wanted.");
        return 0;
    }

    public static int Show(string file, TextWriter output)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file));
            output.WriteLine($"subject:  {certificate.Subject}");
            output.WriteLine($"issuer:   {certificate.Issuer}");
            output.WriteLine($"valid:    {Time(certificate.NotBefore)} to {Time(certificate.NotAfter)}{Judgement(certificate)}");
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString()))).ToList();
            if (names.Count > 0)
                output.WriteLine($"hosts:    {string.Join(", ", names)}");
            output.WriteLine($"sha-256:  {certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()}");
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{file}: cannot be read ({e.Message.TrimEnd('.')}).", inner: e);
        }
        catch (CryptographicException e)
        {
            throw new UserErrorException($"{file}: holds no certificate in PEM form.", inner: e);
        }
    }

    // A file that came meanwhile is not overwritten either.
    private static void Write(string path, string text, bool secret)
    {
        using var stream = new StreamWriter(secret ? OwnerFile.Create(path) : new FileStream(path, FileMode.CreateNew, FileAccess.Write));
        stream.WriteLine(text);
    }

    private static string KeyPem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    private static string Judgement(X509Certificate2 certificate) =>
        DateTime.Now > certificate.NotAfter ? " (expired)" : DateTime.Now < certificate.NotBefore ? " (not valid yet)" : "";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
}
