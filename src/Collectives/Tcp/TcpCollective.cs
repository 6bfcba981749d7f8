using System.Runtime.ExceptionServices;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp;

/// <summary>The collective of one generation over one TCP connection per pair of workers.</summary>
internal sealed class TcpCollective : ICollective, ILinkOwner
{
    private const ushort ResultPart = ushort.MaxValue; // a finished chunk, as opposed to a partial sum's number
    private static readonly TimeSpan BulkPoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(1);

    private readonly PeerLink[] _links; // starting after the own rank, so that not everyone sends to rank 0 first
    private readonly FoldPlan _fold;
    private readonly DataPlaneOptions _options;
    private readonly Memory<float>[] _leaves;
    private readonly float[][] _scratch; // by leaf: what peers send
    private readonly long[] _receivedBefore; // by rank: frames received before the present operation
    private uint _operation;
    private string _pending = "nothing";
    private Exception? _failure;
    private bool _disposed;

    public TcpCollective(GenerationPlan plan, int rank, IReadOnlyList<IDataChannel?> channels, DataPlaneOptions options)
    {
        Plan = plan;
        Rank = rank;
        _options = options;
        _fold = FoldPlan.Of(plan);
        _leaves = new Memory<float>[_fold.Leaves];
        _scratch = new float[_fold.Leaves][];
        Array.Fill(_scratch, []);
        _receivedBefore = new long[plan.WorldSize];
        _links = [.. Enumerable.Range(1, plan.WorldSize - 1)
            .Select(i => (rank + i) % plan.WorldSize)
            .Select(peer => new PeerLink(peer, plan.Members[peer].Name, channels[peer]!, options, this))];
        foreach (var link in _links)
            link.Start();
    }

    public GenerationPlan Plan { get; }

    public int Rank { get; }

    public int WorldSize => Plan.WorldSize;

    public object Sync { get; } = new();

    private int ChunkFloats => _options.ChunkBytes / sizeof(float);

    public void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
    {
        CheckPartials(partials, result.Length);
        Begin("all-reduce", (long)result.Length * sizeof(float));
        if ((long)result.Length * sizeof(float) <= _options.SmallBytes)
        {
            ReduceWhole(partials, result);
        }
        else
        {
            var (start, end) = Slicing.Of(result.Length, Rank, WorldSize);
            ExpectPartials(end - start);
            ExpectSlices(result);
            SendPartials(partials, result.Length);
            ReduceOwnSlice(partials, start, result[start..end], gather: true);
        }

        Finish();
    }

    public void ReduceScatter(IReadOnlyList<Memory<float>> partials, int length, Memory<float> slice)
    {
        CheckPartials(partials, length);
        Begin("reduce-scatter", (long)length * sizeof(float));
        var (start, end) = Slicing.Of(length, Rank, WorldSize);
        if (slice.Length != end - start)
            throw new ArgumentException($"the slice has {slice.Length} elements, {end - start} are this rank's", nameof(slice));
        ExpectPartials(end - start);
        SendPartials(partials, length);
        ReduceOwnSlice(partials, start, slice, gather: false);
        Finish();
    }

    public void AllGather(Memory<float> whole)
    {
        Begin("all-gather", (long)whole.Length * sizeof(float));
        ExpectSlices(whole);
        var (start, end) = Slicing.Of(whole.Length, Rank, WorldSize);
        for (var at = start; at < end; at += ChunkFloats)
            SendResult(whole.Slice(at, Math.Min(ChunkFloats, end - at)), at - start);
        Finish();
    }

    public void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all)
    {
        if (all.Length != own.Length * WorldSize)
            throw new ArgumentException($"{all.Length} bytes cannot hold {WorldSize} times {own.Length}", nameof(all));
        Begin("all-gather of records", own.Length);
        var mine = all.Slice(Rank * own.Length, own.Length);
        own.CopyTo(mine);
        foreach (var link in _links)
        {
            link.Expect(_operation, 0, 0, new Payload(all.Slice(link.Rank * own.Length, own.Length)));
            link.Send(FrameKind.Data, _operation, 0, 0, new Payload(mine));
        }

        Finish();
    }

    public void Broadcast(int root, Memory<byte> data)
    {
        Begin("broadcast", data.Length);
        for (var at = 0; at < data.Length; at += _options.ChunkBytes)
        {
            var chunk = new Payload(data.Slice(at, Math.Min(_options.ChunkBytes, data.Length - at)));
            foreach (var link in _links)
            {
                if (Rank == root)
                    link.Send(FrameKind.Data, _operation, 0, at, chunk);
                else if (link.Rank == root)
                    link.Expect(_operation, 0, at, chunk);
            }
        }

        Finish();
    }

    public void Barrier() => AllGather(new byte[1], new byte[WorldSize]);

    public IBulkTransfer SendBulk(int rank, Memory<float> data) => LinkTo(rank).SendBulk(data);

    public IBulkTransfer ReceiveBulk(int rank, Memory<float> data) => LinkTo(rank).ReceiveBulk(data);

    public void Await(IBulkTransfer transfer)
    {
        lock (Sync)
        {
            while (!transfer.IsDone)
            {
                ThrowIfFailed();
                Monitor.Wait(Sync, BulkPoll); // sent bytes pulse nobody
            }
        }
    }

    public void Abort(string reason) => Fail(new CollectiveAbortedException(reason));

    public void OnLost(PeerLink link, string reason, Exception? cause) =>
        Fail(new PeerLostException(link.Rank, link.Name, $"{reason} (in {Describe()})", cause));

    public void Dispose()
    {
        bool healthy;
        lock (Sync)
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
            foreach (var link in _links)
                link.WaitUntilDone(FarewellPatience);
        }

        Fail(new CollectiveAbortedException("the collective was disposed"));
        foreach (var link in _links)
            link.AwaitEnd();
    }

    /// <summary>Everyone sends everything to everyone and adds up the whole by itself.</summary>
    private void ReduceWhole(IReadOnlyList<Memory<float>> partials, Memory<float> result)
    {
        ExpectPartials(result.Length);
        foreach (var link in _links)
        {
            for (var part = 0; part < partials.Count; part++)
                link.Send(FrameKind.Data, _operation, (ushort)part, 0, new Payload(partials[part]));
        }

        AwaitSent(); // the fold below writes over what is being sent
        foreach (var link in _links)
            AwaitReceived(link, link.Expected);
        FoldChunk(partials, 0, 0, result);
    }

    /// <summary>Expects every peer's partial sums of <paramref name="length"/> elements, chunk by chunk, into the scratch memory.</summary>
    private void ExpectPartials(int length)
    {
        foreach (var link in _links)
        {
            for (var part = 0; part < _fold.LeavesOfRank[link.Rank]; part++)
            {
                ref var scratch = ref _scratch[_fold.FirstLeafOfRank[link.Rank] + part];
                if (scratch.Length < length)
                    scratch = GC.AllocateUninitializedArray<float>(length);
            }

            for (var at = 0; at < length; at += ChunkFloats)
            {
                for (var part = 0; part < _fold.LeavesOfRank[link.Rank]; part++)
                    link.Expect(_operation, (ushort)part, at, new Payload(_scratch[_fold.FirstLeafOfRank[link.Rank] + part].AsMemory(at, Math.Min(ChunkFloats, length - at))));
            }
        }
    }

    /// <summary>Sends every peer its slice of our partial sums, chunk by chunk.</summary>
    private void SendPartials(IReadOnlyList<Memory<float>> partials, int length)
    {
        for (var chunk = 0; ; chunk++)
        {
            var any = false;
            foreach (var link in _links)
            {
                var (start, end) = Slicing.Of(length, link.Rank, WorldSize);
                var at = chunk * ChunkFloats;
                if (at >= end - start)
                    continue;
                any = true;
                for (var part = 0; part < partials.Count; part++)
                    link.Send(FrameKind.Data, _operation, (ushort)part, at, new Payload(partials[part].Slice(start + at, Math.Min(ChunkFloats, end - start - at))));
            }

            if (!any)
                return;
        }
    }

    /// <summary>
    /// Adds up each chunk of the own slice as soon as everyone's part of it is here, and passes it on at once when it is to be gathered. A peer sends a
    /// finished chunk only after it has all of our part of that chunk, so the result may lie over our partial sums.
    /// </summary>
    private void ReduceOwnSlice(IReadOnlyList<Memory<float>> partials, int sliceStart, Memory<float> slice, bool gather)
    {
        var chunks = (slice.Length + ChunkFloats - 1) / ChunkFloats;
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var at = chunk * ChunkFloats;
            var result = slice.Slice(at, Math.Min(ChunkFloats, slice.Length - at));
            foreach (var link in _links)
                AwaitReceived(link, _receivedBefore[link.Rank] + (long)(chunk + 1) * _fold.LeavesOfRank[link.Rank]);
            FoldChunk(partials, sliceStart + at, at, result);
            if (gather)
                SendResult(result, at);
        }
    }

    /// <summary>Adds up one chunk: ours from its place in the partial sums, the peers' from the scratch memory.</summary>
    private void FoldChunk(IReadOnlyList<Memory<float>> partials, int ownStart, int scratchStart, Memory<float> result)
    {
        for (var leaf = 0; leaf < _leaves.Length; leaf++)
        {
            var own = leaf - _fold.FirstLeafOfRank[Rank];
            _leaves[leaf] = own >= 0 && own < partials.Count
                ? partials[own].Slice(ownStart, result.Length)
                : _scratch[leaf].AsMemory(scratchStart, result.Length);
        }

        _fold.Fold(_leaves, result);
    }

    private void ExpectSlices(Memory<float> whole)
    {
        foreach (var link in _links)
        {
            var (start, end) = Slicing.Of(whole.Length, link.Rank, WorldSize);
            for (var at = start; at < end; at += ChunkFloats)
                link.Expect(_operation, ResultPart, at - start, new Payload(whole.Slice(at, Math.Min(ChunkFloats, end - at))));
        }
    }

    private void SendResult(Memory<float> chunk, int offset)
    {
        foreach (var link in _links)
            link.Send(FrameKind.Data, _operation, ResultPart, offset, new Payload(chunk));
    }

    private PeerLink LinkTo(int rank) => _links.First(l => l.Rank == rank);

    private void Begin(string name, long bytes)
    {
        lock (Sync)
        {
            ThrowIfFailed();
            _operation++;
            _options.Recorder?.Record(name, _operation, bytes);
            _pending = $"{name} {_operation}";
            foreach (var link in _links)
                _receivedBefore[link.Rank] = link.Received;
        }
    }

    /// <summary>Waits until everything expected is here and everything queued is gone: the caller's memory is its own again.</summary>
    private void Finish()
    {
        foreach (var link in _links)
            AwaitReceived(link, link.Expected);
        AwaitSent();
        lock (Sync)
            _pending = "nothing";
    }

    private void AwaitSent()
    {
        foreach (var link in _links)
        {
            lock (Sync)
            {
                while (link.Sent < link.Queued)
                    WaitForChange();
            }
        }
    }

    private void AwaitReceived(PeerLink link, long count)
    {
        lock (Sync)
        {
            while (link.Received < count)
                WaitForChange();
        }
    }

    private void WaitForChange()
    {
        ThrowIfFailed();
        Monitor.Wait(Sync);
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }

    /// <summary>The first cause stays; everyone who waits wakes, and the peers see their connection break.</summary>
    private void Fail(Exception cause)
    {
        lock (Sync)
        {
            if (_failure is not null)
                return;
            _failure = cause;
            if (cause is not CollectiveAbortedException || !_disposed)
                _options.Recorder?.Record("broken", Plan.Number, note: cause.Message);
            Monitor.PulseAll(Sync);
        }

        foreach (var link in _links)
            link.Close();
    }

    public string Describe()
    {
        lock (Sync)
        {
            var awaited = _links.Where(l => l.Received < l.Expected).Select(l => $"{l.Name} ({l.Expected - l.Received} chunks)").ToList();
            return awaited.Count == 0 ? _pending : $"{_pending}, waiting for {string.Join(", ", awaited)}";
        }
    }

    private void CheckPartials(IReadOnlyList<Memory<float>> partials, int length)
    {
        if (partials.Count != _fold.LeavesOfRank[Rank])
            throw new ArgumentException($"{partials.Count} partial sums, but this rank's range has {_fold.LeavesOfRank[Rank]} tree nodes", nameof(partials));
        foreach (var partial in partials)
        {
            if (partial.Length != length)
                throw new ArgumentException($"a partial sum of {partial.Length} elements where {length} are expected", nameof(partials));
        }
    }
}
