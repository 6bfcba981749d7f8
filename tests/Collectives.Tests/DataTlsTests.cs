using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using DyT.Collectives.Tcp;
using DyT.Config;
using DyT.Security;

namespace DyT.Collectives.Tests;

/// <summary>Peers that know the secret and have passed the hello, but have no good certificate: refused, and the listener lives on.</summary>
public sealed class DataTlsTests
{
    private static DataPlaneOptions With(TlsIdentity identity) => Generation.Options with { Security = DataSecurity.Tls, Tls = identity };

    private static readonly DataPlaneOptions Plaintext = Generation.Options with { HelloTimeout = TimeSpan.FromMilliseconds(500), ConnectTimeout = TimeSpan.FromSeconds(2) };

    private static void StillWorks(DataPlaneListener listener)
    {
        using var other = Generation.Listen(With(Certificates.Worker));
        var plan = Generation.PlanFor([listener, other], ShardRange.Even(2, 2), number: 99);
        Generation.OnThreads(2, rank =>
        {
            using var c = (rank == 0 ? listener : other).Connect(plan, rank, CancellationToken.None);
            c.Barrier();
        });
    }

    /// <summary>The healthy rank 0 listens, the other one dials. What the other one is told.</summary>
    private static string RefusedDialler(DataPlaneOptions other)
    {
        using var healthy = Generation.Listen(With(Certificates.Worker));
        using var dialler = Generation.Listen(other);
        var plan = Generation.PlanFor([healthy, dialler], ShardRange.Even(2, 2));
        var lost = Assert.Throws<PeerLostException>(() =>
        {
            using var c = dialler.Connect(plan, 1, CancellationToken.None);
            c.Barrier();
        });
        Assert.True(SpinWait.SpinUntil(() => healthy.RefusedConnections >= 1, TimeSpan.FromSeconds(20)));
        StillWorks(healthy);
        return lost.Message;
    }

    /// <summary>The healthy rank 1 dials the other one. What the healthy one says.</summary>
    private static string RefusedListener(DataPlaneOptions other)
    {
        using var listener = Generation.Listen(other);
        using var healthy = Generation.Listen(With(Certificates.Worker) with { HelloTimeout = TimeSpan.FromSeconds(2), ConnectTimeout = TimeSpan.FromSeconds(5) });
        var plan = Generation.PlanFor([listener, healthy], ShardRange.Even(2, 2));
        var lost = Assert.Throws<PeerLostException>(() => healthy.Connect(plan, 1, CancellationToken.None));
        StillWorks(healthy);
        return lost.Message;
    }

    public static TheoryData<string, string> Impostors => new()
    {
        { "other authority", "not issued by the run's authority" },
        { "expired", "has expired" },
        { "not yet", "is not valid yet" },
        { "coordinator", "is for 'dyt-coordinator' and not for dyt-worker" },
    };

    private static TlsIdentity Impostor(string kind) => kind switch
    {
        "other authority" => Certificates.Identity(Certificates.NewAuthority()), // of the same name
        "expired" => Certificates.Identity(validFrom: -2, validTo: -1),
        "not yet" => Certificates.Identity(validFrom: 1, validTo: 2),
        _ => Certificates.Identity(role: NodeRole.Coordinator),
    };

    [Theory]
    [MemberData(nameof(Impostors))]
    public void An_impostor_that_dials_is_refused(string kind, string reason)
    {
        Assert.NotEmpty(reason);
        Assert.Contains("certificate", RefusedDialler(With(Impostor(kind))), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Impostors))]
    public void An_impostor_that_is_dialled_is_refused_and_the_reason_named(string kind, string reason) =>
        Assert.Contains(reason, RefusedListener(With(Impostor(kind))), StringComparison.Ordinal);

    [Fact]
    public void A_certificate_for_another_host_is_refused_by_whoever_dials() =>
        Assert.Contains("not for the host 127.0.0.1", RefusedListener(With(Certificates.Identity(host: "10.9.8.7"))), StringComparison.Ordinal);

    [Fact]
    public void A_plaintext_peer_that_dials_is_refused() => RefusedDialler(Plaintext);

    [Fact]
    public void A_plaintext_peer_that_is_dialled_is_refused_with_a_hint() =>
        Assert.Contains("cluster.security.data", RefusedListener(Plaintext), StringComparison.Ordinal);

    [Fact]
    public void A_peer_without_a_certificate_is_refused()
    {
        using var healthy = Generation.Listen(With(Certificates.Worker));
        using var stream = Shake(healthy, identity: null);
        // With TLS 1.3 the client believes in the handshake until it reads.
        Assert.ThrowsAny<IOException>(() => stream.ReadExactly(new byte[1]));
        Assert.True(SpinWait.SpinUntil(() => healthy.RefusedConnections >= 1, TimeSpan.FromSeconds(20)));
        StillWorks(healthy);
    }

    [Fact]
    public void Whoever_says_nothing_in_place_of_TLS_is_closed_after_the_hello_time_out()
    {
        using var healthy = Generation.Listen(With(Certificates.Worker) with { HelloTimeout = TimeSpan.FromMilliseconds(500) });
        using var mute = Prove(healthy);
        Assert.Empty(RawPeer.Receive(mute, 1));
        Assert.True(SpinWait.SpinUntil(() => healthy.RefusedConnections >= 1, TimeSpan.FromSeconds(20)));
        StillWorks(healthy);
    }

    [Fact]
    public void A_silent_peer_is_lost_after_the_silence()
    {
        using var listener = Generation.Listen(With(Certificates.Worker) with { Silence = TimeSpan.FromSeconds(1), FirstWord = TimeSpan.FromSeconds(1) });
        using var stream = Shake(listener, Certificates.Worker);
        Assert.Equal(1, stream.ReadByte());
        using var collective = listener.Connect(PlanWithMute(listener), 0, CancellationToken.None);
        Assert.Contains("silent", Assert.Throws<PeerLostException>(() => collective.Barrier()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_records_lose_the_link()
    {
        using var listener = Generation.Listen(With(Certificates.Worker));
        using var socket = Prove(listener);
        using var stream = Shake(socket, Certificates.Worker);
        Assert.Equal(1, stream.ReadByte());
        using var collective = listener.Connect(PlanWithMute(listener), 0, CancellationToken.None);
        socket.Send([23, 3, 3, 0, 40, .. new byte[40]]); // a record of application data that nobody encrypted
        Assert.Contains("TLS", Assert.Throws<PeerLostException>(() => collective.Barrier()).Message, StringComparison.Ordinal);
    }

    private static GenerationPlan PlanWithMute(DataPlaneListener listener) =>
        new("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", listener.Port, new ShardRange(0, 1)), new GenerationMember("mute", "127.0.0.1", 1, new ShardRange(1, 2))]);

    private static SslStream Shake(DataPlaneListener listener, TlsIdentity? identity) => Shake(Prove(listener), identity);

    private static SslStream Shake(Socket socket, TlsIdentity? identity)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        stream.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            ClientCertificateContext = identity is null ? null : SslStreamCertificateContext.Create(identity.Certificate, null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        });
        return stream;
    }

    /// <summary>A connection whose dialler has proven the secret: TLS comes next.</summary>
    private static Socket Prove(DataPlaneListener listener)
    {
        var socket = RawPeer.Connect(listener.Port);
        var hello = RawPeer.Hello(1, 1, 0, plan: PlanWithMute(listener).Digest());
        socket.Send(hello);
        var answer = RawPeer.Receive(socket, 64);
        socket.Send(RawPeer.Proof(Generation.Secret, "dialler", hello, answer[..32]));
        return socket;
    }
}
