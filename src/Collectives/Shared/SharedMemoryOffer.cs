using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using DyT.Collectives.Tcp;
using DyT.Collectives.Tcp.Channels;
using DyT.Config;

namespace DyT.Collectives.Shared;

/// <summary>
/// How the ranks of one host find each other when a generation opens, over the connections whose hello is proven, in rounds of one frame of 16 bytes to and
/// from every peer:
/// <code>
/// host     the boot id of the machine, zeros when nothing is to be shared
/// memory   the random part of the own inbox's name, zeros when there is none     (to ranks of the same host)
/// mapped   16 ones when the peer's inbox is mapped, zeros when not               (to ranks of the same host)
/// place    where the own arena is found, zeros when there is none                (to ranks that share inboxes, like all below)
/// id       by what it is known
/// arena    16 ones when the peer's arena is mapped, zeros when not
/// </code>
/// After the third round nobody needs the inbox' name any more and it is removed. A pair shares memory when both have mapped the other's inbox; else it stays with TCP.
/// </summary>
internal static class SharedMemoryOffer
{
    private const int Bytes = 16;

    // It grows with the square of the ranks on a host and counts against a container's memory. 16 ranks with equal ranges take 360 MiB.
    private const long MostBytesOfHost = 512L << 20;
    private const string BootId = "/proc/sys/kernel/random/boot_id";
    private static readonly byte[] Nothing = new byte[Bytes];
    private static readonly byte[] Yes = [.. Enumerable.Repeat((byte)1, Bytes)];

    private enum Round : ushort
    {
        Host,
        Memory,
        Mapped,
        ArenaPlace,
        ArenaId,
        ArenaMapped,
    }

    /// <summary>Null when no peer of this host shares memory.</summary>
    /// <exception cref="PeerLostException">A peer went away meanwhile, or shares nothing although <see cref="DataTransport.Shm"/> demands it.</exception>
    public static SharedMemory? Exchange(GenerationPlan plan, int rank, IDataChannel?[] channels, DataPlaneOptions options, string runName)
    {
        foreach (var channel in channels)
            channel?.Wire.SetPatience(options.FirstWord);
        var everyone = Enumerable.Range(0, plan.WorldSize).Where(r => r != rank).ToArray();
        var host = HostId();
        var hosts = Ask(Round.Host, plan, channels, everyone, _ => host);
        var neighbours = everyone.Where(r => IsSomething(host) && hosts[r].AsSpan().SequenceEqual(host)).ToArray();

        var leaves = FoldPlan.Of(plan).LeavesOfRank;
        var layout = new InboxLayout([.. neighbours.Append(rank).Order()], [.. leaves.Select(RingSlots)], options.ChunkBytes);
        var suffix = RandomNumberGenerator.GetBytes(Bytes);
        var name = Name(runName, plan.Number, suffix);
        // Every neighbour comes to the same answer: all have the same layout.
        var shares = neighbours.Length > 0 && layout.LocalRanks.Sum(layout.Bytes) <= MostBytesOfHost;
        var own = shares ? TryMap(() => Create(runName, plan.Number, name, layout, rank)) : null;
        var mapped = new Dictionary<int, SharedInbox>();
        try
        {
            try
            {
                ShareInboxes();
            }
            finally
            {
                if (own is not null)
                    SharedInbox.Unlink(name);
            }

            if (own is null || mapped.Count == 0)
            {
                Drop();
                return null;
            }

            // Whoever looks before it sleeps takes a core from a rank that computes: only while there is one for each.
            return new SharedMemory(rank, own, mapped, ShareArenas(plan, channels, [.. mapped.Keys.Order()], options.Arena), spins: layout.LocalRanks.Count <= Environment.ProcessorCount);
        }
        catch
        {
            Drop();
            throw;
        }

        void ShareInboxes()
        {
            var names = Ask(Round.Memory, plan, channels, neighbours, _ => own is null ? Nothing : suffix);
            foreach (var peer in neighbours.Where(p => IsSomething(names[p])))
            {
                if (TryMap(() => SharedInbox.Open(Name(runName, plan.Number, names[peer]), layout, peer)) is { } inbox)
                    mapped.Add(peer, inbox);
            }

            var answers = Ask(Round.Mapped, plan, channels, neighbours, peer => mapped.ContainsKey(peer) ? Yes : Nothing);
            foreach (var peer in neighbours.Where(p => !IsSomething(answers[p]) || own is null))
            {
                if (mapped.Remove(peer, out var inbox))
                    inbox.Dispose();
            }

            if (options.Transport == DataTransport.Shm && everyone.FirstOrDefault(r => !mapped.ContainsKey(r), -1) is var alone and >= 0)
                throw new PeerLostException(alone, plan.Members[alone].Name, "no memory can be shared with it, which cluster.transport: shm demands; auto takes TCP then");
        }

        void Drop()
        {
            own?.Dispose();
            foreach (var inbox in mapped.Values)
                inbox.Dispose();
        }
    }

    /// <summary>By rank, for each of these peers.</summary>
    private static Dictionary<int, ArenaShare> ShareArenas(GenerationPlan plan, IDataChannel?[] channels, int[] peers, SharedArena? own)
    {
        var mapped = new Dictionary<int, SharedFloats>();
        try
        {
            var places = Ask(Round.ArenaPlace, plan, channels, peers, _ => own?.Place?.Encode() ?? Nothing);
            var ids = Ask(Round.ArenaId, plan, channels, peers, _ => own?.Id ?? Nothing);
            foreach (var peer in peers.Where(p => IsSomething(places[p])))
            {
                if (TryMap(() => ArenaPlace.Decode(places[peer]).Map(ids[peer])) is { } arena)
                    mapped.Add(peer, arena);
            }

            var answers = Ask(Round.ArenaMapped, plan, channels, peers, peer => mapped.ContainsKey(peer) ? Yes : Nothing);
            return peers.ToDictionary(peer => peer, peer => new ArenaShare(IsSomething(answers[peer]) ? own : null, mapped.GetValueOrDefault(peer)));
        }
        catch
        {
            foreach (var arena in mapped.Values)
                arena.Unmap();
            throw;
        }
    }

    /// <summary>Two chunks of all partial sums and some results: the writer is ahead while the reader adds up.</summary>
    private static int RingSlots(int leaves) => 4 + 2 * leaves;

    private static SharedInbox Create(string run, long generation, string name, InboxLayout layout, int rank)
    {
        var prefix = $"dyt-{run}-";
        SharedInbox.Sweep(prefix, file => long.TryParse(file[prefix.Length..].Split('-')[0], CultureInfo.InvariantCulture, out var of) && of < generation);
        return SharedInbox.Create(name, layout, rank);
    }

    private static string Name(string run, long generation, byte[] suffix) => $"dyt-{run}-{generation}-{Convert.ToHexStringLower(suffix)}";

    private static bool IsSomething(byte[] bytes) => bytes.AsSpan().ContainsAnyExcept((byte)0);

    private static byte[] HostId()
    {
        try
        {
            return Futex.IsSupported && Guid.TryParse(File.ReadAllText(BootId), out var id) ? id.ToByteArray() : Nothing;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Nothing;
        }
    }

    private static T? TryMap<T>(Func<T> map)
        where T : class
    {
        try
        {
            return map();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // no room, another user, or a container with a memory file system of its own
        }
    }

    /// <summary>One round: something to each peer, then something from each. By rank; empty where nobody was asked.</summary>
    private static byte[][] Ask(Round round, GenerationPlan plan, IDataChannel?[] channels, int[] peers, Func<int, byte[]> say)
    {
        var frame = new Frame(FrameKind.Offer, (ushort)round, 0, 0, Bytes);
        var header = new byte[Frame.HeaderBytes];
        var answers = new byte[plan.WorldSize][];
        Array.Fill(answers, []);
        foreach (var peer in peers)
        {
            frame.Write(header);
            Guard(plan, peer, () => channels[peer]!.Send(header, say(peer)));
        }

        foreach (var peer in peers)
        {
            var answer = answers[peer] = new byte[Bytes];
            Guard(plan, peer, () =>
            {
                if (!channels[peer]!.TryReceiveHeader(header))
                    throw new DataChannelException("it closed the connection");
                if (Frame.Read(header) != frame)
                    throw new DataChannelException("it made no offer of shared memory; has it another cluster.transport or cluster.security.data?");
                if (!channels[peer]!.TryReceivePayload(answer))
                    throw new DataChannelException("it closed the connection");
            });
        }

        return answers;
    }

    private static void Guard(GenerationPlan plan, int peer, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
        {
            throw new PeerLostException(peer, plan.Members[peer].Name, e is SocketException s ? SocketIO.Describe(s, Timeout.InfiniteTimeSpan) : e.Message, e);
        }
    }
}
