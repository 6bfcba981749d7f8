using System.Net.Sockets;
using System.Security.Cryptography;
using DyT.Collectives.Tcp.Channels;
using DyT.Config;

namespace DyT.Collectives.Tcp;

/// <summary>Connects to a peer of lower rank and proves who is calling.</summary>
internal static class PeerDialler
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Opens one of the connections to a peer. Tries until the deadline: the peer may come up later than this worker.</summary>
    public static IDataChannel Dial(DataPlaneIdentity identity, GenerationPlan plan, byte[] digest, int rank, int peer, int stream, DataPlaneOptions options, long deadline, CancellationToken cancellation)
    {
        var member = plan.Members[peer];
        var last = "no attempt was made";
        while (Environment.TickCount64 < deadline)
        {
            cancellation.ThrowIfCancellationRequested();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            var late = false;
            try
            {
                using var alarm = new Timer(_ => { late = true; socket.Dispose(); }, null, options.HelloTimeout, Timeout.InfiniteTimeSpan);
                if (Loopback.Is(member.Host))
                    Loopback.Unpace(socket);
                socket.Connect(member.Host, member.Port);
                if (Greet(socket, member.Host, options, identity, new Hello(identity.RunHash, digest, plan.Number, rank, peer, options.Wire, stream, options.Streams, Hello.NewNonce()), out var channel) is not { } refusal)
                    return channel!;
                throw new PeerLostException(peer, member.Name, refusal);
            }
            catch (DataChannelException e)
            {
                socket.Dispose();
                throw new PeerLostException(peer, member.Name, e.Message, e);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                last = late ? "it did not answer in time; has it another cluster.security.data?" : e.Message;
                socket.Dispose();
            }
            catch (PeerLostException)
            {
                socket.Dispose();
                throw;
            }

            cancellation.WaitHandle.WaitOne(Pause);
        }

        throw new PeerLostException(peer, member.Name, $"{member.Host}:{member.Port} cannot be reached ({last})");
    }

    /// <summary>Why both sides of a pair give up that has such a verdict.</summary>
    public static string Difference(byte verdict, DataPlaneOptions options) => verdict == Hello.OtherWire
        ? $"it has another cluster.wire than this worker's {options.Wire.ToString().ToLowerInvariant()}; start all workers of a run with the same --wire"
        : $"it has another cluster.streams than this worker's {options.Streams}; start all workers of a run with the same --streams";

    /// <summary>Null when both sides are content, else why not.</summary>
    private static string? Greet(Socket socket, string host, DataPlaneOptions options, DataPlaneIdentity identity, Hello hello, out IDataChannel? channel)
    {
        channel = null;
        var bytes = hello.ToBytes();
        SocketIO.Send(socket, bytes);
        var answer = new byte[Hello.AnswerBytes];
        if (!SocketIO.TryReceive(socket, answer))
            return "it refused the connection (another run, or too many connections)";
        var nonce = answer.AsSpan(0, 32);
        if (!CryptographicOperations.FixedTimeEquals(answer.AsSpan(32), Hello.ListenerProof(identity.Secret, bytes, nonce)))
            return "it does not know the run's secret";
        SocketIO.Send(socket, Hello.DiallerProof(identity.Secret, bytes, nonce));
        channel = DataChannels.Connect(socket, host, options, identity.Secret, bytes, nonce);
        var verdict = new byte[1];
        if (!channel.Wire.TryReceive(verdict))
            return options.Security == DataSecurity.Tls ? "it does not accept this worker's certificate" : "it does not accept this worker's proof of the run's secret";
        return verdict[0] switch
        {
            Hello.Welcome => null,
            Hello.OtherWire or Hello.OtherStreams => Difference(verdict[0], options),
            _ => $"it has moved on from generation {hello.Generation}",
        };
    }
}
