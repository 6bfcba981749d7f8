using System.Buffers.Binary;
using System.Security.Cryptography;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// The first 128 bytes of a token shard, little-endian:
/// <code>
///   0  8 bytes  magic "DYTTOKEN"
///   8  u32      format version
///  12  u32      bytes per token: 1, 2 or 4, the fewest that hold the vocabulary
///  16  i64      number of tokens; the file is exactly 128 + count * bytes long
///  24  i64      vocabulary size; every token is smaller
///  32  32 bytes SHA-256 of the vocabulary
///  64  32 bytes SHA-256 of the token bytes
///  96  32 bytes SHA-256 of bytes 0..95
/// </code>
/// </summary>
internal sealed record ShardHeader(long Count, int VocabSize, string VocabHash, string ContentHash)
{
    public const int Size = 128;
    public const uint Version = 1;
    private const int Checked = 96;

    private static ReadOnlySpan<byte> Magic => "DYTTOKEN"u8;

    /// <summary>Bytes of one token: the narrowest of u8, u16, u32 that holds the vocabulary.</summary>
    public int TokenBytes => TokenBytesFor(VocabSize);

    public static int TokenBytesFor(int vocabSize) => vocabSize <= 1 << 8 ? 1 : vocabSize <= 1 << 16 ? 2 : 4;

    public byte[] Write()
    {
        var bytes = new byte[Size];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt32LittleEndian(span[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(span[12..], (uint)TokenBytes);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], Count);
        BinaryPrimitives.WriteInt64LittleEndian(span[24..], VocabSize);
        Convert.FromHexString(VocabHash).CopyTo(span[32..]);
        Convert.FromHexString(ContentHash).CopyTo(span[64..]);
        SHA256.HashData(span[..Checked], span[Checked..]);
        return bytes;
    }

    /// <summary>Reads and checks everything that a header says against itself and the file's length.</summary>
    /// <exception cref="UserErrorException">Any byte of it is wrong.</exception>
    public static ShardHeader Read(ReadOnlySpan<byte> bytes, long fileLength, string path)
    {
        if (bytes.Length < Size || !bytes.StartsWith(Magic))
            throw Bad(path, "it is not a token shard");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (version != Version)
            throw Bad(path, $"it has format version {version}, this program reads version {Version}");
        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Checked], checksum);
        if (!checksum.SequenceEqual(bytes[Checked..Size]))
            throw Bad(path, "its header is damaged");

        // What follows can only be wrong in a shard that another program wrote: the checksum stands for our own.
        var count = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        var vocab = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        if (vocab is < 1 or > int.MaxValue)
            throw Bad(path, $"it names a vocabulary of {vocab} tokens");
        var tokenBytes = TokenBytesFor((int)vocab);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != tokenBytes)
            throw Bad(path, $"its token type does not fit its vocabulary of {vocab} tokens");
        if (count < 0 || count > (long.MaxValue - Size) / tokenBytes || fileLength != Size + (count * tokenBytes))
            throw Bad(path, $"its header names {count} tokens of {tokenBytes} bytes, which does not fit the file's length of {fileLength} bytes");
        return new ShardHeader(count, (int)vocab, Convert.ToHexStringLower(bytes.Slice(32, 32)), Convert.ToHexStringLower(bytes.Slice(64, 32)));
    }

    private static UserErrorException Bad(string path, string what) =>
        new($"{path}: {what}; delete its folder and start again, which prepares the data anew.");
}
