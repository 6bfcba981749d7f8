using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Config;
using DyT.Security;

namespace DyT.Cluster.Tests;

/// <summary>A healthy coordinator with TLS, and peers of every kind that come to it.</summary>
public sealed class ControlTlsTests : IDisposable
{
    private static readonly Timings Timings = new(TimeSpan.FromSeconds(4));
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly List<ActorSystem> _systems = [];
    private readonly Akka.Cluster.Cluster _healthy;

    public ControlTlsTests()
    {
        _healthy = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Coordinator));
        _healthy.Join(Address);
        Assert.True(IsUp(_healthy, 1, Deadline));
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
        system.ActorOf(Props.Create(() => new Answering()), "coordinator"); // where peers may address somebody by name
        return Akka.Cluster.Cluster.Get(system);
    }

    private static bool IsUp(Akka.Cluster.Cluster cluster, int members, TimeSpan patience) =>
        SpinWait.SpinUntil(() => cluster.State.Members.Count(m => m.Status == MemberStatus.Up) == members, patience);

    /// <summary>What becomes of a system's connections, as Akka tells it.</summary>
    private static ConcurrentQueue<RemotingLifecycleEvent> Watch(ActorSystem system)
    {
        var seen = new ConcurrentQueue<RemotingLifecycleEvent>();
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Collecting(seen))), typeof(RemotingLifecycleEvent));
        return seen;
    }

    private static void AwaitFailure(ConcurrentQueue<RemotingLifecycleEvent> seen, Address remote) =>
        Assert.True(SpinWait.SpinUntil(() => seen.OfType<AssociationErrorEvent>().Any(e => e.RemoteAddress.Equals(remote)), Deadline), $"no connection to {remote} failed");

    /// <summary>A message from one node to another, and the answer.</summary>
    private static async Task Speak(Akka.Cluster.Cluster from, Akka.Cluster.Cluster to) =>
        Assert.IsType<Leave>(await from.System.ActorSelection(new RootActorPath(to.SelfAddress) / "user" / "coordinator").Ask<object>(new StopRun(), Deadline));

    /// <summary>The healthy one has taken nobody in, and a good worker still gets in.</summary>
    private Akka.Cluster.Cluster LivesOn()
    {
        Assert.Single(_healthy.State.Members);
        var worker = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Worker), Address);
        worker.JoinSeedNodes([Address]);
        Assert.True(IsUp(_healthy, 2, Deadline), "a good worker did not get in");
        Assert.True(IsUp(worker, 2, Deadline));
        return worker;
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
        var impostor = Start(ControlPlane.CoordinatorRole, Impostor(kind));
        var seen = Watch(impostor.System);
        impostor.JoinSeedNodes([Address]);
        AwaitFailure(seen, Address);
        LivesOn();
        Assert.Empty(seen.OfType<AssociatedEvent>());
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
        var seen = Watch(worker.System);
        worker.JoinSeedNodes([impostor.SelfAddress]);
        AwaitFailure(seen, impostor.SelfAddress);
        Assert.Empty(seen.OfType<AssociatedEvent>());
        Assert.False(worker.System.WhenTerminated.IsCompleted);
        Assert.DoesNotContain(impostor.State.Members, m => m.Address == worker.SelfAddress);
    }

    [Fact]
    public async Task A_worker_with_another_name_in_its_certificate_ends_nobody()
    {
        var odd = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Worker, host: "10.9.8.7"), Address);
        var good = Start(ControlPlane.CoordinatorRole, TestCertificates.Identity(NodeRole.Worker), Address);
        // Before it dials anybody: afterwards they would answer it over its own connections.
        await Speak(_healthy, odd);
        await Speak(good, odd);
        odd.JoinSeedNodes([Address]);
        good.JoinSeedNodes([Address]);
        Akka.Cluster.Cluster[] nodes = [_healthy, odd, good];
        foreach (var node in nodes)
            Assert.True(IsUp(node, 3, Deadline));
        foreach (var (from, to) in nodes.SelectMany(_ => nodes, (from, to) => (from, to)).Where(p => p.from != p.to))
            await Speak(from, to);
        Assert.All(nodes, n => Assert.False(n.System.WhenTerminated.IsCompleted));
        Assert.All(nodes, n => Assert.Empty(n.State.Unreachable));
    }

    [Theory]
    [InlineData("closes")]
    [InlineData("resets")]
    [InlineData("speaks something else")]
    [InlineData("says nothing")]
    public void A_node_lives_on_when_whom_it_dials_breaks_off_the_handshake(string kind)
    {
        // Several at once, so that a break meets the handshake at more than one moment.
        var listeners = Enumerable.Range(0, 3).Select(_ => new BreakingListener(kind)).ToList();
        var seen = Watch(_healthy.System);
        foreach (var listener in listeners)
            _healthy.System.ActorSelection(new RootActorPath(listener.Address) / "user" / "coordinator").Tell(new StopRun());
        foreach (var listener in listeners)
            AwaitFailure(seen, listener.Address);
        LivesOn();
        listeners.ForEach(l => l.Dispose());
    }

    [Fact]
    public void A_port_in_use_gives_a_sentence()
    {
        var error = Assert.Throws<UserErrorException>(() => ControlPlane.Start(ControlPlane.CoordinatorRole, "127.0.0.1", Address.Port!.Value, Timings, TestCertificates.Identity(NodeRole.Worker)));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_larger_than_a_frame_costs_itself_alone()
    {
        var worker = LivesOn();
        var (here, there) = (Watch(worker.System), Watch(_healthy.System));
        var coordinator = worker.System.ActorSelection(new RootActorPath(Address) / "user" / "coordinator");
        for (var i = 0; i < 5; i++)
            coordinator.Tell(new NoticeReported(new string('x', 200_000)));
        await Speak(worker, _healthy); // the next message goes through, over the same connection
        Assert.DoesNotContain(here.Concat(there), e => e is DisassociatedEvent or AssociationErrorEvent);
        Assert.Empty(_healthy.State.Unreachable);
    }

    [Fact]
    public void A_plaintext_peer_is_refused()
    {
        var plain = Start(ControlPlane.CoordinatorRole, identity: null);
        var seen = Watch(plain.System);
        var address = ControlPlane.AddressAt("127.0.0.1", Address.Port!.Value);
        plain.JoinSeedNodes([address]);
        AwaitFailure(seen, address);
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

    /// <summary>Somebody who takes connections and breaks off the handshake, or never begins it.</summary>
    private sealed class BreakingListener : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<Socket> _held = [];

        public BreakingListener(string kind)
        {
            _listener.Start();
            new Thread(() => Serve(kind)) { IsBackground = true }.Start();
        }

        public Address Address => ControlPlane.AddressAt("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, tls: true);

        public void Dispose() => _listener.Dispose();

        private void Serve(string kind)
        {
            try
            {
                while (true)
                {
                    var socket = _listener.AcceptSocket();
                    if (kind == "resets")
                        socket.LingerState = new LingerOption(true, 0);
                    if (kind == "speaks something else")
                        socket.Send(new byte[100]);
                    if (kind is "closes" or "resets")
                        socket.Dispose();
                    else
                        _held.Add(socket); // a collected socket would close
                }
            }
            catch (SocketException)
            {
                // The test is over.
            }
        }
    }

    private sealed class Answering : ReceiveActor
    {
        public Answering() => Receive<StopRun>(_ => Sender.Tell(new Leave()));
    }

    private sealed class Collecting : ReceiveActor
    {
        public Collecting(ConcurrentQueue<RemotingLifecycleEvent> seen) => Receive<RemotingLifecycleEvent>(seen.Enqueue);
    }
}
