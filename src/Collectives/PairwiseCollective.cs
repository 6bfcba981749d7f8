using System.Runtime.ExceptionServices;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives;

/// <summary>
/// The collective of one generation over connections between each pair of workers, with shared memory beside it for the data of pairs on one host. The reductions stand in
/// <c>PairwiseCollective.Reduction.cs</c>, what they do for peers that get bf16 in <c>PairwiseCollective.Wire.cs</c>.
/// </summary>
internal sealed partial class PairwiseCollective : ICollective, ILinkOwner
{
    private static readonly TimeSpan BulkPoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(1); // for each peer

    private readonly IDataLane[] _lanes; // by which way each peer's data goes; starting after the own rank, so that not everyone sends to rank 0 first
    private readonly PeerLink[] _links; // the same peers' connections, a peer's first one first
    private readonly SharedLane[] _shared; // those of them that have to be pumped
    private readonly PolledLinks? _polled; // the links, when the operation's thread tends them
    private readonly SharedMemory? _memory;
    private readonly DataPlaneOptions _options;
    private readonly Lock _operating = new(); // held during an operation: shared memory must not go away under it
    private readonly Lock _state = new();
    private readonly byte[] _token = new byte[1]; // of a barrier
    private readonly byte[] _tokens;
    private uint _operation;
    private ChunkPlan _chunks; // of the present operation
    private volatile string? _pending;
    private Exception? _failure; // under _state; read by Volatile
    private bool _disposed;

    /// <param name="plan">The generation.</param>
    /// <param name="rank">The own place in it.</param>
    /// <param name="channels">By rank: the open connections, none to itself; the collective's own from now on.</param>
    /// <param name="memory">What is shared with the peers of this host; the collective's own from now on. Null: nothing.</param>
    /// <param name="options">Sizes and patience.</param>
    public PairwiseCollective(GenerationPlan plan, int rank, IReadOnlyList<IDataChannel[]> channels, SharedMemory? memory, DataPlaneOptions options)
    {
        Plan = plan;
        Rank = rank;
        _options = options;
        _memory = memory;
        _tokens = new byte[plan.WorldSize];
        _fold = FoldPlan.Of(plan);
        var peers = Enumerable.Range(1, plan.WorldSize - 1)
            .Select(i => (rank + i) % plan.WorldSize)
            .Select(peer => channels[peer].Select(channel => NewLink(peer, plan.Members[peer].Name, channel)).ToArray())
            .ToList();
        _links = [.. peers.SelectMany(links => links)];
        // Whoever waits for connections alone can tend them by itself; whoever waits for shared memory too must be woken by the links' threads.
        if (memory is null && _links.All(link => link is PolledLink))
            _polled = new PolledLinks([.. _links.Cast<PolledLink>()], spins: RanksBeside(plan, rank) <= Environment.ProcessorCount);
        Signal = memory?.Bell ?? _polled ?? (ISignal)new LocalSignal();
        _lanes = [.. peers.Select(links => memory?.LaneOf(links[0], options.LendBytes) ?? (links.Length == 1 ? links[0] : (IDataLane)new StripedLane(links)))];
        _shared = [.. _lanes.OfType<SharedLane>()];
        _halves = _lanes.Any(IsHalved);
        _arriving = [.. _lanes.Select(_ => new Queue<(long, Memory<float>)>())];
        _leaves = new Memory<float>[_fold.Leaves];
        _places = new Memory<float>[_fold.Leaves];
        _scratch = new float[_fold.Leaves][];
        Array.Fill(_scratch, []);
        _arrival = new long[Window, _lanes.Length];
        var started = 0;
        try
        {
            for (; started < _links.Length; started++)
                _links[started].Start();
        }
        catch (OutOfMemoryException e) // no thread is to be had; those that run must not outlive the memory that they ring in
        {
            Fail(e);
            foreach (var link in _links[..started])
                link.AwaitEnd();
            throw;
        }
    }

    public GenerationPlan Plan { get; }

    public int Rank { get; }

    public int WorldSize => Plan.WorldSize;

    public bool SharesMemory => _shared.Length == _lanes.Length;

    /// <summary>What an operation's thread sleeps on.</summary>
    public ISignal Signal { get; }

    /// <summary>To all peers together.</summary>
    internal int Connections => _links.Length;

    private int ChunkFloats => _options.ChunkBytes / sizeof(float);

    public void AllGather(Memory<float> whole)
    {
        lock (_operating)
        {
            Begin("all-gather", (long)whole.Length * sizeof(float));
            _chunks = new ChunkPlan(whole.Length, WorldSize, ChunkFloats);
            var rounds = _chunks.Most;
            for (var chunk = 0; chunk < rounds; chunk++)
            {
                ExpectResults(whole, chunk);
                var own = _chunks.At(Rank, chunk);
                if (own.Length > 0)
                    SendResult(whole.Slice(own.Start, own.Length), _chunks.Offset(chunk));
            }

            Finish();
        }
    }

    public void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all)
    {
        if (all.Length != own.Length * WorldSize)
            throw new ArgumentException($"{all.Length} bytes cannot hold {WorldSize} times {own.Length}", nameof(all));
        lock (_operating)
        {
            Begin("all-gather of records", own.Length);
            var mine = all.Slice(Rank * own.Length, own.Length);
            own.CopyTo(mine);
            for (var at = 0; at == 0 || at < own.Length; at += _options.ChunkBytes)
            {
                var length = Math.Min(_options.ChunkBytes, own.Length - at);
                foreach (var lane in _lanes)
                {
                    lane.Expect(_operation, 0, at, new Payload(all.Slice(lane.Rank * own.Length + at, length)));
                    lane.Send(_operation, 0, at, new Payload(mine.Slice(at, length)));
                }
            }

            Finish();
        }
    }

    public void Broadcast(int root, Memory<byte> data)
    {
        lock (_operating)
        {
            Begin("broadcast", data.Length);
            for (var at = 0; at < data.Length; at += _options.ChunkBytes)
            {
                var chunk = new Payload(data.Slice(at, Math.Min(_options.ChunkBytes, data.Length - at)));
                foreach (var lane in _lanes)
                {
                    if (Rank == root)
                        lane.Send(_operation, 0, at, chunk);
                    else if (lane.Rank == root)
                        lane.Expect(_operation, 0, at, chunk);
                }
            }

            Finish();
        }
    }

    public void Barrier() => AllGather(_token, _tokens);

    public IBulkTransfer SendBulk(int rank, Memory<float> data) => LinkTo(rank).SendBulk(data);

    public IBulkTransfer ReceiveBulk(int rank, Memory<float> data) => LinkTo(rank).ReceiveBulk(data);

    public void Await(IBulkTransfer transfer)
    {
        while (!transfer.IsDone)
        {
            ThrowIfBroken();
            Thread.Sleep(BulkPoll); // sent bytes ring nobody
        }
    }

    public void ThrowIfBroken()
    {
        if (Volatile.Read(ref _failure) is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    public void Abort(string reason) => Fail(new CollectiveAbortedException(reason));

    public void OnLost(PeerLink link, string reason, Exception? cause) =>
        Fail(new PeerLostException(link.Rank, link.Name, $"{reason} (in {Describe()})", cause));

    public void Dispose()
    {
        bool healthy;
        lock (_state)
        {
            if (_disposed)
                return;
            _disposed = true;
            healthy = _failure is null;
        }

        if (healthy)
        {
            foreach (var link in _links)
                link.Leave();
            var until = Environment.TickCount64 + (long)(FarewellPatience * _lanes.Length).TotalMilliseconds;
            foreach (var link in _links)
                link.WaitUntilDone(TimeSpan.FromMilliseconds(Math.Max(0, until - Environment.TickCount64)));
        }

        Fail(new CollectiveAbortedException("the collective was disposed"));
        foreach (var link in _links)
            link.AwaitEnd();
        // Nobody comes back to shared memory: whoever was in an operation has seen the failure, and rings are over once there is one.
        lock (_operating)
        {
            _memory?.Dispose();
            _polled?.Dispose();
        }
    }

    public string Describe()
    {
        var awaited = _lanes.Where(l => l.Received < l.Expected).Select(l => $"{l.Name} ({l.Expected - l.Received} chunks)").ToList();
        var pending = _pending is { } name ? $"{name} {_operation}" : "nothing";
        return awaited.Count == 0 ? pending : $"{pending}, waiting for {string.Join(", ", awaited)}";
    }

    /// <summary>How many ranks seem to stand on the own one's host.</summary>
    private static int RanksBeside(GenerationPlan plan, int rank) => plan.Members.Count(m => m.Host == plan.Members[rank].Host);

    private PeerLink NewLink(int peer, string name, IDataChannel channel) => channel.OpenStream() is { } stream
        ? new PolledLink(peer, name, channel, stream, _options, this)
        : new ThreadedLink(peer, name, channel, _options, this);

    private PeerLink LinkTo(int rank) => _links.First(l => l.Rank == rank);

    private void Begin(string name, long bytes)
    {
        ThrowIfBroken();
        _operation++;
        _options.Recorder?.Record(name, _operation, bytes);
        _pending = name;
        _polled?.Attend();
    }

    /// <summary>Waits until everything expected is here and everything queued is gone: the caller's memory is its own again.</summary>
    private void Finish()
    {
        foreach (var lane in _lanes)
            AwaitReceived(lane, lane.Expected);
        AwaitSent();
        _polled?.Release();
        _pending = null;
    }

    private void AwaitSent()
    {
        foreach (var lane in _lanes)
        {
            while (lane.Sent < lane.Queued)
            {
                var seen = Signal.Value;
                ThrowIfBroken();
                if (!Pump() && lane.Sent < lane.Queued)
                    Signal.Wait(seen);
            }
        }
    }

    private void AwaitReceived(IDataLane lane, long count)
    {
        while (lane.Received < count)
        {
            var seen = Signal.Value;
            ThrowIfBroken();
            if (!Pump() && lane.Received < count)
                Signal.Wait(seen);
        }
    }

    /// <summary>Moves what shared memory and connections take or have; false when there is nothing to do but wait.</summary>
    private bool Pump()
    {
        var moved = _polled?.Pump() ?? false;
        foreach (var lane in _shared)
            moved |= Pump(lane);
        return moved;
    }

    private bool Pump(SharedLane lane)
    {
        try
        {
            return lane.Pump();
        }
        catch (PeerLostException e)
        {
            Fail(new PeerLostException(e.Rank, lane.Name, $"{e.Message} (in {Describe()})", e));
            return true; // whoever waits looks for a failure first
        }
    }

    /// <summary>The first cause stays; everyone who waits wakes, and the peers see their connection break.</summary>
    private void Fail(Exception cause)
    {
        lock (_state)
        {
            if (_failure is not null)
                return;
            Volatile.Write(ref _failure, cause);
            if (cause is not CollectiveAbortedException || !_disposed)
                _options.Recorder?.Record("broken", Plan.Number, note: cause.Message);
            Signal.Ring();
        }

        foreach (var link in _links)
            link.Close();
    }
}
