using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Remote.Transport.DotNetty;
using DyT.Security;

namespace DyT.Cluster.Startup;

/// <summary>
/// Akka's transport by TLS with certificates on both sides. Whom to accept is our own decision, by the run's authority alone: any process of the run may
/// come in, but at the coordinator's address only the coordinator is accepted, under the name that was dialled. Members that are dialled otherwise
/// came in by their certificate before; their names are not checked, because Akka ends the dialler's own system when it refuses
/// somebody: one worker with a wrong name in its certificate would end all others.
/// </summary>
/// <param name="coordinator">Where the coordinator is expected; null in the coordinator itself.</param>
internal sealed class ControlTls(TlsIdentity identity, Address? coordinator)
{
    private const int MostSentences = 16;
    private static readonly string[] Anyone = [NodeRole.Coordinator, NodeRole.Worker];
    private static readonly string[] CoordinatorAlone = [NodeRole.Coordinator];

    private readonly ConcurrentDictionary<string, bool> _said = new();

    public Setup Setup() => new DotNettySslSetup(
        identity.Certificate,
        suppressValidation: false,
        requireMutualAuthentication: true,
        validateCertificateHostname: true,
        (certificate, _, remote, errors, _) => IsAccepted(certificate, remote, errors));

    private bool IsAccepted(X509Certificate2? certificate, string remote, SslPolicyErrors errors)
    {
        // A dialled peer is named by its address (ssl.tcp://dyt@host:port), one that came in by its socket's.
        var isCoordinator = coordinator is not null && remote.EndsWith($"@{coordinator.Host}:{coordinator.Port}", StringComparison.Ordinal);
        var refusal = identity.Refusal(certificate, isCoordinator ? CoordinatorAlone : Anyone);
        if (refusal is null && isCoordinator && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            refusal = $"its certificate is not for the host {coordinator!.Host}";
        if (refusal is null)
            return true;
        Say(isCoordinator ? $"the coordinator at {coordinator!.Host}:{coordinator.Port} is not accepted: {refusal}" : $"somebody at {WithoutPort(remote)} was refused: {refusal}");
        return false;
    }

    // Once each and not without end: strangers must not fill the log.
    private void Say(string sentence)
    {
        if (_said.Count < MostSentences && _said.TryAdd(sentence, true))
            Console.Error.WriteLine(sentence);
    }

    private static string WithoutPort(string remote) => remote.LastIndexOf(':') is var at and > 0 ? remote[..at] : remote;
}
