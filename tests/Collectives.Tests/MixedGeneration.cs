using System.Net;
using System.Net.Sockets;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tests;

/// <summary>A generation of three ranks of which 0 and 1 share memory and 2 seems to stand on another host; put together by hand, for one machine has one boot id.</summary>
internal sealed class MixedGeneration : IDisposable
{
    private MixedGeneration(GenerationPlan plan, ICollective[] ranks)
    {
        Plan = plan;
        Ranks = ranks;
    }

    public GenerationPlan Plan { get; }

    public ICollective[] Ranks { get; }

    /// <param name="ranges">By rank.</param>
    /// <param name="options">Of all.</param>
    /// <param name="arenas">What rank 0 and rank 1 can lend each other; null: nothing.</param>
    public static MixedGeneration Open(ShardRange[] ranges, DataPlaneOptions options, Func<int, ArenaShare>? arenas = null)
    {
        var plan = new GenerationPlan("run", 1, ranges[^1].End, [.. ranges.Select((r, i) => new GenerationMember($"w{i}", i == 2 ? "there" : "here", 1, r))]);
        var channels = new IDataChannel[3, 3][];
        for (var rank = 0; rank < 3; rank++)
            channels[rank, rank] = [];
        foreach (var (a, b) in ((int, int)[])[(0, 1), (0, 2), (1, 2)])
        {
            var pairs = Enumerable.Range(0, b == 2 ? options.Streams : 1).Select(_ => Connected()).ToArray();
            (channels[a, b], channels[b, a]) = ([.. pairs.Select(p => p.A)], [.. pairs.Select(p => p.B)]);
        }

        var layout = new InboxLayout([0, 1], [.. FoldPlan.Of(plan).LeavesOfRank.Select(leaves => 4 + 2 * leaves)], options.ChunkBytes);
        var names = Enumerable.Range(0, 2).Select(_ => $"dyt-test-{Guid.NewGuid():N}").ToArray();
        var own = names.Select((name, rank) => SharedInbox.Create(name, layout, rank)).ToArray();
        var peers = names.Select((name, rank) => SharedInbox.Open(name, layout, rank)).ToArray();
        foreach (var name in names)
            SharedInbox.Unlink(name);
        return new MixedGeneration(plan, [.. Enumerable.Range(0, 3).Select(rank => new PairwiseCollective(
            plan,
            rank,
            [.. Enumerable.Range(0, 3).Select(peer => channels[rank, peer])],
            rank == 2 ? null : new SharedMemory(rank, own[rank], new Dictionary<int, SharedInbox> { [1 - rank] = peers[1 - rank] }, new Dictionary<int, ArenaShare> { [1 - rank] = arenas?.Invoke(rank) ?? new(null, null) }, spins: false),
            options))]);
    }

    public void Dispose() => Generation.OnThreads(3, rank => Ranks[rank].Dispose());

    private static (IDataChannel A, IDataChannel B) Connected()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var a = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        a.Connect(listener.LocalEndPoint!);
        var b = listener.Accept();
        b.NoDelay = true;
        return (new PlainChannel(new SocketWire(a)), new PlainChannel(new SocketWire(b)));
    }
}
