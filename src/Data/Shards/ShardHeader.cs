using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DyT.Data;

/// <summary>
/// The first 128 bytes of a token shard, little-endian:
/// <code>magic 8 | version u32 | bytes per token u32 | tokens i64 | vocabulary i32 | 0 u32 | vocabulary hash 32 | content hash 32 | SHA-256 of all before 32</code>
/// </summary>
internal sealed record ShardHeader(int TokenBytes, long Count, int VocabSize, byte[] VocabHash, byte[] ContentHash)
{
    public const int Bytes = 128;
    private const int Version = 1;
    private const int Checked = 96;

    private static ReadOnlySpan<byte> Magic => "DYTSHARD"u8;

    /// <summary>The narrowest token type that holds a vocabulary.</summary>
    public static int TokenBytesFor(int vocabSize) => vocabSize <= 1 << 8 ? 1 : vocabSize <= 1 << 16 ? 2 : 4;

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), TokenBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), VocabSize);
        VocabHash.CopyTo(bytes, 32);
        ContentHash.CopyTo(bytes, 64);
        SHA256.HashData(bytes.AsSpan(0, Checked), bytes.AsSpan(Checked));
        return bytes;
    }

    /// <summary>Reads and checks a header against the file's length.</summary>
    public static ShardHeader Read(ReadOnlySpan<byte> bytes, long fileLength, string path)
    {
        if (bytes.Length < Bytes || !bytes[..8].SequenceEqual(Magic))
            throw new DataException($"{path} is not a token shard: delete it and let 'dyt data prepare' make it again");
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes[..Checked], hash);
        if (!hash.SequenceEqual(bytes.Slice(Checked, 32)))
            throw new DataException($"{path} is damaged: its header was altered; delete it and let 'dyt data prepare' make it again");
        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (version != Version)
            throw new DataException($"{path} is a token shard of version {version}, this program reads version {Version}: prepare the data again");

        var tokenBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        var count = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        var vocab = BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]);
        if (vocab < 1 || tokenBytes != TokenBytesFor(vocab) || count < 0 || count > (long.MaxValue - Bytes) / 4)
            throw new DataException($"{path} is damaged: its header does not make sense; delete it and let 'dyt data prepare' make it again");
        if (fileLength != Bytes + count * tokenBytes)
            throw new DataException($"{path} is damaged: it has {fileLength} bytes instead of {Bytes + count * tokenBytes}; delete it and let 'dyt data prepare' make it again");
        return new ShardHeader(tokenBytes, count, vocab, bytes.Slice(32, 32).ToArray(), bytes.Slice(64, 32).ToArray());
    }
}
