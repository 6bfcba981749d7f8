using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using DyT.Security;

namespace DyT.Cluster.Tls;

/// <summary>
/// Who this process is on the control plane and whom it accepts there, by the run's authority alone: any process of the run may come in, but at the
/// coordinator's address only the coordinator is accepted, under the name that was dialled. Other members are dialled only after they came
/// in by their certificate; their names are not checked, so that a worker whose certificate lacks a name does not look dead to the others.
/// </summary>
/// <param name="identity">This process.</param>
/// <param name="coordinators">Where coordinators are expected; none in a coordinator itself.</param>
internal sealed class ControlTls(TlsIdentity identity, IReadOnlyCollection<Address> coordinators) : Setup
{
    private const int MostSentences = 16;
    private static readonly string[] Anyone = [NodeRole.Coordinator, NodeRole.Worker];
    private static readonly string[] CoordinatorAlone = [NodeRole.Coordinator];

    private readonly ConcurrentDictionary<string, bool> _said = new();

    /// <param name="from">The peer's machine, for the log.</param>
    public SslServerAuthenticationOptions Server(string from) => new()
    {
        ServerCertificateContext = Own(),
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowTlsResume = false, // every connection shows its certificate
        CertificateChainPolicy = identity.ChainPolicy(),
        RemoteCertificateValidationCallback = (_, certificate, _, _) => Accepts($"somebody at {from} was refused", identity.Refusal(certificate as X509Certificate2, Anyone)),
    };

    public SslClientAuthenticationOptions Client(string host, int port)
    {
        var isCoordinator = coordinators.Any(c => c.Host == host && c.Port == port);
        return new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = Own(),
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowTlsResume = false,
            CertificateChainPolicy = identity.ChainPolicy(),
            RemoteCertificateValidationCallback = (_, certificate, _, _) => Accepts(
                $"{(isCoordinator ? "the coordinator" : "the member")} at {host}:{port} is not accepted",
                isCoordinator ? CoordinatorRefusal(certificate as X509Certificate2, host) : identity.Refusal(certificate as X509Certificate2, Anyone)),
        };
    }

    private string? CoordinatorRefusal(X509Certificate2? certificate, string host) =>
        identity.Refusal(certificate, CoordinatorAlone)
        ?? (certificate!.MatchesHostname(host, allowWildcards: true, allowCommonName: false) ? null : $"its certificate is not for the host {host}");

    private bool Accepts(string who, string? refusal)
    {
        // Once each and not without end: strangers must not fill the log.
        if (refusal is not null && _said.Count < MostSentences && _said.TryAdd($"{who}: {refusal}", true))
            Console.Error.WriteLine($"{who}: {refusal}");
        return refusal is null;
    }

    private SslStreamCertificateContext Own() => SslStreamCertificateContext.Create(identity.Certificate, additionalCertificates: null, offline: true);
}
