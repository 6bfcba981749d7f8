using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Cluster;
using DyT.Cluster.Startup;
using DyT.Security;

namespace DyT.Cluster.Tests;

/// <summary>A healthy coordinator with TLS, and peers of every kind that come to it.</summary>
public sealed class ControlTlsTests : IDisposable
{
    private static readonly Timings Timings = new(TimeSpan.FromSeconds(4));
    private static readonly TimeSpan LongEnoughToJoin = TimeSpan.FromSeconds(4);

    private readonly List<ActorSystem> _systems = [];
    private readonly Akka.Cluster.Cluster _healthy;

    public ControlTlsTests()
    {
        _healthy = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Coordinator));
        _healthy.Join(Address);
        Assert.True(IsUp(_healthy, 1, TimeSpan.FromSeconds(30)));
    }

    private Address Address => _healthy.SelfAddress;

    public void Dispose()
    {
        foreach (var system in _systems)
            system.Dispose();
    }

    private Akka.Cluster.Cluster Start(string role, TlsIdentity? identity, Address? coordinator = null)
    {
        var system = ControlPlane.Start(role, "127.0.0.1", 0, Timings, identity, coordinator);
        _systems.Add(system);
        return Akka.Cluster.Cluster.Get(system);
    }

    private static bool IsUp(Akka.Cluster.Cluster cluster, int members, TimeSpan patience) =>
        SpinWait.SpinUntil(() => cluster.State.Members.Count(m => m.Status == MemberStatus.Up) == members, patience);

    /// <summary>The healthy one has taken nobody in, and a good worker still gets in.</summary>
    private void LivesOn()
    {
        Assert.Single(_healthy.State.Members);
        var worker = Start(ControlPlane.WorkerRole, TestCertificates.Identity(NodeRole.Worker), Address);
        worker.JoinSeedNodes([Address]);
        Assert.True(IsUp(_healthy, 2, TimeSpan.FromSeconds(30)), "a good worker did not get in");
        Assert.True(IsUp(worker, 2, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Addresses_say_that_they_are_by_TLS()
    {
        Assert.Equal(ControlPlane.AddressAt("127.0.0.1", Address.Port!.Value, tls: true), Address);
        Assert.StartsWith("akka.ssl.tcp://dyt@127.0.0.1:", Address.ToString(), StringComparison.Ordinal);
        LivesOn();
    }

    public static TheoryData<string> Impostors => ["other authority", "expired", "other role"];

    private static TlsIdentity Impostor(string kind) => kind switch
    {
        "other authority" => TestCertificates.Identity(NodeRole.Worker, TestCertificates.NewAuthority()), // of the same name
        "expired" => TestCertificates.Identity(NodeRole.Worker, validFrom: -2, validTo: -1),
        _ => TestCertificates.Identity("somebody-else"),
    };

    [Theory]
    [MemberData(nameof(Impostors))]
    public void A_dialler_with_a_bad_certificate_is_refused(string kind)
    {
        Start(ControlPlane.WorkerRole, Impostor(kind)).JoinSeedNodes([Address]);
        Assert.False(IsUp(_healthy, 2, LongEnoughToJoin));
        LivesOn();
    }

    public static TheoryData<string> CoordinatorImpostors => ["other authority", "expired", "other role", "worker", "other host"];

    private static TlsIdentity CoordinatorImpostor(string kind) => kind switch
    {
        "worker" => TestCertificates.Identity(NodeRole.Worker),
        "other host" => TestCertificates.Identity(NodeRole.Coordinator, host: "10.9.8.7"),
        _ => Impostor(kind),
    };

    [Theory]
    [MemberData(nameof(CoordinatorImpostors))]
    public void A_worker_takes_nobody_else_for_the_coordinator(string kind)
    {
        var impostor = Start(ControlPlane.CoordinatorRole, CoordinatorImpostor(kind));
        impostor.Join(impostor.SelfAddress);
        var worker = Start(ControlPlane.WorkerRole, TestCertificates.Identity(NodeRole.Worker), impostor.SelfAddress);
        worker.JoinSeedNodes([impostor.SelfAddress]);
        // Akka ends the system of a dialler that refuses: the worker says so and can be started again.
        Assert.True(SpinWait.SpinUntil(() => worker.System.WhenTerminated.IsCompleted, TimeSpan.FromSeconds(30)));
        Assert.DoesNotContain(impostor.State.Members, m => m.Address == worker.SelfAddress);
    }

    [Fact]
    public void A_worker_with_another_name_in_its_certificate_ends_nobody()
    {
        var odd = Start(ControlPlane.WorkerRole, TestCertificates.Identity(NodeRole.Worker, host: "10.9.8.7"), Address);
        odd.JoinSeedNodes([Address]);
        Assert.True(IsUp(_healthy, 2, TimeSpan.FromSeconds(30)));
        var good = Start(ControlPlane.WorkerRole, TestCertificates.Identity(NodeRole.Worker), Address);
        good.JoinSeedNodes([Address]);
        foreach (var node in (Akka.Cluster.Cluster[])[_healthy, odd, good])
            Assert.True(IsUp(node, 3, TimeSpan.FromSeconds(30)));
        Thread.Sleep(Timings.Budget); // heartbeats both ways, so that everybody has dialled everybody
        Assert.All(_systems, s => Assert.False(s.WhenTerminated.IsCompleted));
        Assert.True(IsUp(_healthy, 3, TimeSpan.Zero));
    }

    [Fact]
    public void A_plaintext_peer_is_refused()
    {
        var plain = Start(ControlPlane.WorkerRole, identity: null);
        plain.JoinSeedNodes([Address, ControlPlane.AddressAt("127.0.0.1", Address.Port!.Value)]);
        Assert.False(IsUp(_healthy, 2, LongEnoughToJoin));
        LivesOn();
    }

    [Fact]
    public void Garbage_is_refused()
    {
        for (var i = 0; i < 20; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Connect("127.0.0.1", Address.Port!.Value);
            var bytes = new byte[200];
            new Random(i).NextBytes(bytes);
            socket.Send(bytes);
        }

        LivesOn();
    }

    [Fact]
    public void A_peer_without_a_certificate_is_refused()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
        socket.Connect("127.0.0.1", Address.Port!.Value);
        using var stream = new SslStream(new NetworkStream(socket));
        var read = -1;
        try
        {
            stream.AuthenticateAsClient(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null });
            read = stream.ReadByte(); // with TLS 1.3 the client believes in the handshake until it reads
        }
        catch (Exception e) when (e is IOException { InnerException: not SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock } } or AuthenticationException)
        {
            // Refused, one way or the other, but not kept waiting.
        }

        Assert.Equal(-1, read);
        LivesOn();
    }
}
