using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Cluster;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Config;
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
        var system = ControlPlane.Start(role, "127.0.0.1", 0, Timings, identity, coordinator is null ? null : [coordinator]);
        _systems.Add(system);
        return Akka.Cluster.Cluster.Get(system);
    }

    private static bool IsUp(Akka.Cluster.Cluster cluster, int members, TimeSpan patience) =>
        SpinWait.SpinUntil(() => cluster.State.Members.Count(m => m.Status == MemberStatus.Up) == members, patience);

    /// <summary>The healthy one has taken nobody in, and a good worker still gets in.</summary>
    private void LivesOn()
    {
        Assert.Single(_healthy.State.Members);
        var worker = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Worker), Address);
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
        Start(ControlPlane.CoordinatorRole, Impostor(kind)).JoinSeedNodes([Address]);
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
        var worker = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Worker), impostor.SelfAddress);
        worker.JoinSeedNodes([impostor.SelfAddress]);
        Assert.False(IsUp(worker, 2, LongEnoughToJoin));
        Assert.False(worker.System.WhenTerminated.IsCompleted);
        Assert.DoesNotContain(impostor.State.Members, m => m.Address == worker.SelfAddress);
    }

    [Fact]
    public void A_worker_with_another_name_in_its_certificate_ends_nobody()
    {
        var odd = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Worker, host: "10.9.8.7"), Address);
        odd.JoinSeedNodes([Address]);
        Assert.True(IsUp(_healthy, 2, TimeSpan.FromSeconds(30)));
        var good = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Worker), Address);
        good.JoinSeedNodes([Address]);
        foreach (var node in (Akka.Cluster.Cluster[])[_healthy, odd, good])
            Assert.True(IsUp(node, 3, TimeSpan.FromSeconds(30)));
        Thread.Sleep(Timings.Budget); // heartbeats both ways, so that everybody has dialled everybody
        Assert.All(_systems, s => Assert.False(s.WhenTerminated.IsCompleted));
        Assert.True(IsUp(_healthy, 3, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("closes")]
    [InlineData("resets")]
    [InlineData("speaks something else")]
    [InlineData("says nothing")]
    public void A_node_lives_on_when_whom_it_dials_breaks_off_the_handshake(string kind)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dialled = 0;
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    var socket = listener.AcceptSocket();
                    dialled++;
                    if (kind == "resets")
                        socket.LingerState = new LingerOption(true, 0);
                    if (kind == "speaks something else")
                        socket.Send(new byte[100]);
                    else if (kind != "says nothing")
                        socket.Dispose();
                }
            }
            catch (SocketException)
            {
                // The test is over.
            }
        })
        { IsBackground = true }.Start();
        var odd = ControlPlane.AddressAt("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, tls: true);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                _healthy.System.ActorSelection(new RootActorPath(odd) / "user" / "coordinator").Tell(new StopRun());
                Thread.Sleep(200);
                return dialled >= 2; // Akka waits 5 s between attempts
            },
            TimeSpan.FromSeconds(30)));
        LivesOn();
    }

    [Fact]
    public void A_port_in_use_gives_a_sentence()
    {
        var error = Assert.Throws<UserErrorException>(() => ControlPlane.Start(ControlPlane.CoordinatorRole, "127.0.0.1", Address.Port!.Value, Timings, TestCertificates.Identity(NodeRole.Worker)));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_larger_than_a_frame_costs_itself_alone()
    {
        LivesOn();
        var worker = _systems[^1];
        var coordinator = worker.ActorSelection(new RootActorPath(Address) / "user" / "coordinator");
        for (var i = 0; i < 5; i++)
            coordinator.Tell(new NoticeReported(new string('x', 200_000)));
        Thread.Sleep(Timings.Budget);
        Assert.Equal(2, _healthy.State.Members.Count(m => m.Status == MemberStatus.Up));
        Assert.Empty(_healthy.State.Unreachable);
    }

    [Fact]
    public void A_plaintext_peer_is_refused()
    {
        var plain = Start(ControlPlane.CoordinatorRole, identity: null);
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
