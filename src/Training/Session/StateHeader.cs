using System.Buffers.Binary;
using System.Text.Json;
using DyT.Collectives;
using DyT.Training.Checkpoints;

namespace DyT.Training.Session;

/// <summary>What a state is beside its buffers, told by one rank to all.</summary>
internal static class StateHeader
{
    private const int LargestHeader = 16 * 1024 * 1024;

    /// <param name="collective">The generation's.</param>
    /// <param name="source">Who tells.</param>
    /// <param name="capture">Asked on the source only.</param>
    public static TrainingState Broadcast(ICollective collective, int source, Func<TrainingState> capture)
    {
        var header = collective.Rank == source ? JsonSerializer.SerializeToUtf8Bytes(capture()) : [];
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, header.Length);
        collective.Broadcast(source, length);
        var count = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (count is < 0 or > LargestHeader)
            throw new InvalidDataException($"a peer announced a state header of {count} bytes");
        if (collective.Rank != source)
            header = new byte[count];
        collective.Broadcast(source, header);
        return JsonSerializer.Deserialize<TrainingState>(header) ?? throw new InvalidDataException("an empty state came from a peer");
    }
}
