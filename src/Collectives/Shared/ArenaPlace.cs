using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace DyT.Collectives.Shared;

/// <summary>Where a process of this host finds another one's <see cref="SharedArena"/>: behind a descriptor of its owner's, as the kernel shows it to processes of the same user.</summary>
internal sealed record ArenaPlace(int Process, int Descriptor, long Bytes)
{
    public const int IdBytes = 16;

    public static string NameOf(ReadOnlySpan<byte> id) => $"dyt-{Convert.ToHexStringLower(id)}";

    /// <summary>As 16 bytes.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Process);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Descriptor);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Bytes);
        return bytes;
    }

    public static ArenaPlace Decode(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));

    /// <summary>Maps it for reading. In a container with process numbers of its own something else may stand there: only a memory file of that very name is opened.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It is another user's.</exception>
    public SharedFloats Map(ReadOnlySpan<byte> id)
    {
        if (Bytes <= 0 || Bytes / sizeof(float) > int.MaxValue)
            throw new IOException("no arena has such a size");
        var path = $"/proc/{Process}/fd/{Descriptor}";
        if (new FileInfo(path).LinkTarget is not { } target || !target.StartsWith($"/memfd:{NameOf(id)}", StringComparison.Ordinal))
            throw new IOException("the peer's memory is not there");
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        if (stream.Length != Bytes)
            throw new IOException("the peer's memory has another size");
        return new SharedFloats(stream, Bytes, MemoryMappedFileAccess.Read);
    }
}
