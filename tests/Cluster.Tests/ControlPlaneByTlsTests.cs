using DyT.Security;

namespace DyT.Cluster.Tests;

/// <summary>All of it once more with certificates on both planes; the hostile peer then is one that has a worker's certificate, but not the secret.</summary>
public sealed class ControlPlaneByTlsTests : ControlPlaneTests
{
    private readonly TlsIdentity _coordinator = TestCertificates.Identity(NodeRole.Coordinator);
    private readonly TlsIdentity _worker = TestCertificates.Identity(NodeRole.Worker);

    protected override TlsIdentity? Identity(string role) => role == NodeRole.Coordinator ? _coordinator : _worker;
}
