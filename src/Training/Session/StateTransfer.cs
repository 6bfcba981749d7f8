using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using DyT.Collectives;
using DyT.Training.Checkpoints;

namespace DyT.Training.Session;

/// <summary>At the start of a generation: everyone gets the state of the highest committed step, from a peer that has it.</summary>
public static class StateTransfer
{
    private const int RecordBytes = sizeof(long) + 32; // committed step, SHA-256 of the weights
    private const int LargestHeader = 16 * 1024 * 1024;
    private const int ChunkFloats = 16 * 1024 * 1024;

    /// <summary>Returns whether this worker's state was replaced.</summary>
    public static bool Synchronise(TrainerState state, ICollective collective, Func<TrainingState> capture, Action<TrainingState> restore)
    {
        var own = new byte[RecordBytes];
        BinaryPrimitives.WriteInt64LittleEndian(own, state.CommittedStep);
        Hash(state.Parameters.Weights, own.AsSpan(sizeof(long)));
        var all = new byte[RecordBytes * collective.WorldSize];
        collective.AllGather(own, all);

        var records = Enumerable.Range(0, collective.WorldSize).Select(r => all.AsMemory(r * RecordBytes, RecordBytes)).ToArray();
        var source = Source(records.Select(r => BinaryPrimitives.ReadInt64LittleEndian(r.Span)).ToArray());
        if (records.All(r => r.Span.SequenceEqual(records[source].Span)))
            return false;

        var isSource = collective.Rank == source;
        var header = BroadcastHeader(collective, source, isSource ? JsonSerializer.SerializeToUtf8Bytes(capture()) : []);
        BroadcastFloats(collective, source, state.Parameters.Weights);
        foreach (var (_, values) in state.Optimizer.State)
            BroadcastFloats(collective, source, values);
        if (isSource)
            return false;
        restore(JsonSerializer.Deserialize<TrainingState>(header) ?? throw new InvalidDataException("an empty state came from a peer"));
        return true;
    }

    /// <summary>The lowest rank among those with the highest committed step.</summary>
    public static int Source(IReadOnlyList<long> committedSteps) =>
        Enumerable.Range(0, committedSteps.Count).MaxBy(r => (committedSteps[r], -r));

    private static byte[] BroadcastHeader(ICollective collective, int source, byte[] header)
    {
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, header.Length);
        collective.Broadcast(source, length);
        var count = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (count is < 0 or > LargestHeader)
            throw new InvalidDataException($"a peer announced a state header of {count} bytes");
        if (collective.Rank != source)
            header = new byte[count];
        collective.Broadcast(source, header);
        return header;
    }

    private static void BroadcastFloats(ICollective collective, int source, Memory<float> values)
    {
        foreach (var piece in Pieces(values))
            collective.Broadcast(source, new FloatBytes(piece).Memory);
    }

    private static void Hash(Memory<float> values, Span<byte> destination)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var piece in Pieces(values))
            hash.AppendData(MemoryMarshal.AsBytes(piece.Span));
        hash.GetHashAndReset(destination);
    }

    // A span of bytes holds 2 GiB at most, fewer floats than a large model has.
    private static IEnumerable<Memory<float>> Pieces(Memory<float> values)
    {
        for (var at = 0; at < values.Length; at += ChunkFloats)
            yield return values.Slice(at, Math.Min(ChunkFloats, values.Length - at));
    }
}
