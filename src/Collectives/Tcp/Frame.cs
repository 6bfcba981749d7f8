using System.Buffers.Binary;

namespace DyT.Collectives.Tcp;

internal enum FrameKind : ushort
{
    /// <summary>A chunk of an operation's data.</summary>
    Data = 1,

    /// <summary>Nothing but a sign of life.</summary>
    Heartbeat = 2,

    /// <summary>The sender has finished with this generation; the end of the stream after it is no loss.</summary>
    Goodbye = 3,

    /// <summary>A chunk of a bulk transfer, which yields to data.</summary>
    Bulk = 4,

    /// <summary>What a rank says about shared memory before the first operation.</summary>
    Offer = 5,
}

/// <summary>What stands before every chunk. Both sides know what comes next, so every field is checked and none is trusted.</summary>
internal readonly record struct Frame(FrameKind Kind, ushort Part, uint Operation, uint Offset, uint Length)
{
    public const int HeaderBytes = 16;

    public void Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], Part);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Operation);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], Length);
    }

    public static Frame Read(ReadOnlySpan<byte> header) => new(
        (FrameKind)BinaryPrimitives.ReadUInt16LittleEndian(header),
        BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
        BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(header[12..]));
}
