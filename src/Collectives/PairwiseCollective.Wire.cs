using System.Runtime.InteropServices;
using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives;

/// <content>
/// Reductions whose messages go as bf16 to some peers. What is sent and what arrives stands in one half of the fp32 memory that it comes from or is for, so only the finished chunks of the own slice need
/// memory of their own. A sum is rounded once, by the rank that adds it up, for everybody: itself and peers that get fp32 included. So all ranks end with the same bits.
/// </content>
internal sealed partial class PairwiseCollective
{
    private readonly bool _halves; // whether any peer gets bf16
    private readonly Queue<(long Mark, Memory<float> Place)>[] _arriving; // by lane: finished chunks on their way as bf16, and how many frames are received when they are here
    private byte[] _rounded = []; // the own slice's finished chunks as bf16, until they are sent

    /// <summary>Whether a reduction's messages to and from this peer are bf16.</summary>
    private static bool IsHalved(IDataLane lane) => lane.Wire == WireType.Bf16;

    /// <summary>Sends a piece of a partial sum to the peer that adds it up; it is of no other use from now on.</summary>
    private void SendPartial(IDataLane lane, ushort part, int offset, Memory<float> partial)
    {
        if (!IsHalved(lane))
        {
            lane.Lend(_operation, part, offset, partial);
            return;
        }

        Bf16.NarrowInPlace(partial.Span);
        lane.Send(_operation, part, offset, Payload.FirstHalf(partial));
    }

    /// <summary>Before a reduction's first sum; nothing of the last one's is being sent any more.</summary>
    private void MakeRoomForSums(int length)
    {
        if (_halves && _rounded.Length < length * sizeof(ushort))
            _rounded = GC.AllocateUninitializedArray<byte>(length * sizeof(ushort));
    }

    /// <summary>Sends everyone a finished chunk of the own slice, rounded if anybody gets bf16; <paramref name="sum"/> holds afterwards what all have.</summary>
    private void SendSum(Memory<float> sum, int offset)
    {
        var rounded = Memory<byte>.Empty;
        if (_halves)
        {
            rounded = _rounded.AsMemory(offset * sizeof(ushort), sum.Length * sizeof(ushort));
            var values = MemoryMarshal.Cast<byte, ushort>(rounded.Span);
            Bf16.Narrow(sum.Span, values);
            Bf16.Widen(values, sum.Span);
        }

        foreach (var lane in _lanes)
        {
            if (IsHalved(lane))
                lane.Send(_operation, ResultPart, offset, new Payload(rounded));
            else
                lane.Lend(_operation, ResultPart, offset, sum);
        }
    }

    /// <summary>Expects every peer's finished chunk of that number, in the numbers in which it comes.</summary>
    private void ExpectSums(Memory<float> whole, int chunk)
    {
        for (var i = 0; i < _lanes.Length; i++)
        {
            var lane = _lanes[i];
            var (start, length) = _chunks.At(lane.Rank, chunk);
            if (length == 0)
                continue;
            var place = whole.Slice(start, length);
            lane.Expect(_operation, ResultPart, _chunks.Offset(chunk), IsHalved(lane) ? Payload.SecondHalf(place) : new Payload(place));
            if (IsHalved(lane))
                _arriving[i].Enqueue((lane.Expected, place));
        }
    }

    /// <summary>Finished chunks that are here become fp32; those that are not may come later.</summary>
    private void WidenSums()
    {
        for (var i = 0; i < _lanes.Length; i++)
        {
            while (_arriving[i].TryPeek(out var next) && _lanes[i].Received >= next.Mark)
                Bf16.WidenInPlace(_arriving[i].Dequeue().Place.Span);
        }
    }
}
