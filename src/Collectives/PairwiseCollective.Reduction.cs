using DyT.Collectives.Tcp;

namespace DyT.Collectives;

/// <content>
/// Reductions: everyone's slice is added up by its rank, chunk by chunk. The order of frames to a peer is the same at both ends: in round s go the partial sums of
/// the peer's chunk s, then our finished chunk s - <see cref="Lead"/>. So a chunk is added up and passed on while the next ones are on their way, and what
/// waits in between stays small enough for the processor's cache.
/// </content>
internal sealed partial class PairwiseCollective
{
    private const ushort ResultPart = ushort.MaxValue; // a finished chunk, as opposed to a partial sum's number
    private const int Lead = 3; // chunks that are on their way while one is added up
    private const int Window = Lead + 1; // chunks of scratch memory: chunk s takes the place of s - Window, which was added up in the round before

    private readonly FoldPlan _fold;
    private readonly Memory<float>[] _leaves;
    private readonly Memory<float>[] _places; // by leaf: where the sum goes that begins with it
    private readonly float[][] _scratch; // by leaf: what peers send, chunk s at (s mod Window) chunks
    private readonly long[,] _arrival; // by chunk mod Window and lane: frames received when the chunk's partial sums are here

    public void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
    {
        CheckPartials(partials, result.Length);
        lock (_operating)
        {
            Begin("all-reduce", (long)result.Length * sizeof(float));
            _chunks = new ChunkPlan(result.Length, WorldSize, ChunkFloats);
            if ((long)result.Length * sizeof(float) <= Math.Min(_options.SmallBytes, _options.ChunkBytes))
                ReduceWhole(partials, result);
            else
                ReduceSlices(partials, OwnSlice(result), result);
            Finish();
            WidenSums();
        }
    }

    public void ReduceScatter(IReadOnlyList<Memory<float>> partials, int length, Memory<float> slice)
    {
        CheckPartials(partials, length);
        var (start, end) = Slicing.Of(length, Rank, WorldSize);
        if (slice.Length != end - start)
            throw new ArgumentException($"the slice has {slice.Length} elements, {end - start} are this rank's", nameof(slice));
        lock (_operating)
        {
            Begin("reduce-scatter", (long)length * sizeof(float));
            _chunks = new ChunkPlan(length, WorldSize, ChunkFloats);
            ReduceSlices(partials, slice, gathered: null);
            Finish();
        }
    }

    /// <summary>Everyone sends everything to everyone and adds up the whole by itself: one exchange, for what fits into one frame. fp32 to all: each adds its own partial sums as they are, which the others must have too.</summary>
    private void ReduceWhole(IReadOnlyList<Memory<float>> partials, Memory<float> result)
    {
        ExpectPartials(0, result.Length, halves: false);
        foreach (var lane in _lanes)
        {
            for (var part = 0; part < partials.Count; part++)
                lane.Send(_operation, (ushort)part, 0, new Payload(partials[part]));
        }

        AwaitSent(); // the fold writes over what is being sent
        FoldChunk(partials, 0, 0, result, halves: false);
    }

    /// <param name="partials">The own partial sums, each of the whole's length.</param>
    /// <param name="slice">Where the own slice's sum goes.</param>
    /// <param name="gathered">Where everyone's sums go; null for the own alone. A peer sends a finished chunk only after it has all of our part of that chunk, so this may lie over the partial sums.</param>
    private void ReduceSlices(IReadOnlyList<Memory<float>> partials, Memory<float> slice, Memory<float>? gathered)
    {
        if (gathered is not null)
            MakeRoomForSums(slice.Length);
        var rounds = _chunks.Most + Lead;
        for (var round = 0; round < rounds; round++)
        {
            ExpectPartials(round, _chunks.At(Rank, round).Length, _halves);
            if (gathered is { } whole)
                ExpectSums(whole, round - Lead);
            SendPartials(partials, round);
            WidenSums();

            var chunk = round - Lead;
            var own = _chunks.At(Rank, chunk);
            if (own.Length == 0)
                continue;
            var sum = slice.Slice(_chunks.Offset(chunk), own.Length);
            FoldChunk(partials, own.Start, chunk, sum, _halves);
            if (gathered is not null)
                SendSum(sum, _chunks.Offset(chunk));
        }
    }

    /// <summary>Expects every peer's partial sums of a chunk of the own slice.</summary>
    private void ExpectPartials(int chunk, int length, bool halves)
    {
        if (length == 0)
            return;
        for (var i = 0; i < _lanes.Length; i++)
        {
            var lane = _lanes[i];
            for (var part = 0; part < _fold.LeavesOfRank[lane.Rank]; part++)
            {
                var scratch = lane.HoldsPartials ? default : Scratch(_fold.FirstLeafOfRank[lane.Rank] + part, chunk);
                if (halves && IsHalved(lane))
                    lane.Expect(_operation, (ushort)part, _chunks.Offset(chunk), Payload.SecondHalf(scratch[..length]));
                else
                    lane.ExpectPartial(_operation, (ushort)part, _chunks.Offset(chunk), length, scratch);
            }

            _arrival[chunk % Window, i] = lane.Expected;
        }
    }

    /// <summary>Sends every peer its part of our partial sums.</summary>
    private void SendPartials(IReadOnlyList<Memory<float>> partials, int chunk)
    {
        foreach (var lane in _lanes)
        {
            var (start, count) = _chunks.At(lane.Rank, chunk);
            for (var part = 0; count > 0 && part < partials.Count; part++)
                SendPartial(lane, (ushort)part, _chunks.Offset(chunk), partials[part].Slice(start, count));
        }
    }

    /// <summary>Waits for a chunk's partial sums and adds them up: ours from their place, the peers' from where they arrived.</summary>
    private void FoldChunk(IReadOnlyList<Memory<float>> partials, int ownStart, int chunk, Memory<float> sum, bool halves)
    {
        for (var part = 0; part < partials.Count; part++)
            _leaves[_fold.FirstLeafOfRank[Rank] + part] = _places[_fold.FirstLeafOfRank[Rank] + part] = partials[part].Slice(ownStart, sum.Length);
        for (var i = 0; i < _lanes.Length; i++)
            AwaitReceived(_lanes[i], _arrival[chunk % Window, i]);
        foreach (var lane in _lanes)
        {
            var first = _fold.FirstLeafOfRank[lane.Rank];
            for (var part = 0; part < _fold.LeavesOfRank[lane.Rank]; part++)
            {
                var leaf = first + part;
                var partial = _leaves[leaf] = lane.Partial(part, sum.Length, lane.HoldsPartials ? default : Scratch(leaf, chunk), out var isLent);
                if (_fold.TakesSum(leaf))
                    _places[leaf] = isLent ? Scratch(leaf, chunk)[..sum.Length] : partial;
                if (halves && IsHalved(lane))
                    Bf16.WidenInPlace(partial.Span);
            }
        }

        _fold.Fold(_leaves, _places, sum);
        foreach (var lane in _lanes)
            lane.ReleasePartials(_fold.LeavesOfRank[lane.Rank]);
    }

    /// <summary>Expects every peer's finished chunk of that number.</summary>
    private void ExpectResults(Memory<float> whole, int chunk)
    {
        foreach (var lane in _lanes)
        {
            var (start, length) = _chunks.At(lane.Rank, chunk);
            if (length > 0)
                lane.Expect(_operation, ResultPart, _chunks.Offset(chunk), new Payload(whole.Slice(start, length)));
        }
    }

    /// <summary>Of several peers none writes over it: what is lent is copied from there.</summary>
    private void SendResult(Memory<float> chunk, int offset)
    {
        foreach (var lane in _lanes)
            lane.Lend(_operation, ResultPart, offset, chunk);
    }

    private Memory<float> Scratch(int leaf, int chunk)
    {
        ref var scratch = ref _scratch[leaf];
        if (scratch.Length == 0)
            scratch = GC.AllocateUninitializedArray<float>(Window * ChunkFloats);
        return scratch.AsMemory(chunk % Window * ChunkFloats, ChunkFloats);
    }

    private Memory<float> OwnSlice(Memory<float> whole)
    {
        var (start, end) = Slicing.Of(whole.Length, Rank, WorldSize);
        return whole[start..end];
    }

    private void CheckPartials(IReadOnlyList<Memory<float>> partials, int length)
    {
        if (partials.Count != _fold.LeavesOfRank[Rank])
            throw new ArgumentException($"{partials.Count} partial sums, but this rank's range has {_fold.LeavesOfRank[Rank]} tree nodes", nameof(partials));
        for (var part = 0; part < partials.Count; part++)
        {
            if (partials[part].Length != length)
                throw new ArgumentException($"a partial sum of {partials[part].Length} elements where {length} are expected", nameof(partials));
        }
    }
}
