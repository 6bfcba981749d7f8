using System.Runtime.InteropServices;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// A file of tokens behind a checked header (see <see cref="ShardHeader"/>), mapped into memory so that all workers of a
/// machine share one copy. Reading is safe from several threads; disposing is not safe while another thread reads.
/// </summary>
/// <remarks>A shard is never altered in place (see <see cref="MappedFile"/>).</remarks>
public sealed class TokenShard : IDisposable
{
    private readonly ShardHeader _header;
    private readonly MappedFile _file;

    private TokenShard(string path, ShardHeader header)
    {
        Path = path;
        _header = header;
        _file = MappedFile.Open(path, ShardHeader.Size + (header.Count * header.TokenBytes));
    }

    public string Path { get; }

    /// <summary>Tokens in the shard.</summary>
    public long Count => _header.Count;

    public int VocabSize => _header.VocabSize;

    /// <summary>SHA-256 of the vocabulary, lowercase hexadecimal (<see cref="ITokenizer.VocabHash"/>).</summary>
    public string VocabHash => _header.VocabHash;

    /// <summary>SHA-256 of the token bytes as the header names it; <see cref="VerifyContent"/> checks it.</summary>
    public string ContentHash => _header.ContentHash;

    /// <summary>Opens a shard after checking its whole header against the file's length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expectedVocabHash">The tokenizer's vocabulary hash; null: any.</param>
    /// <exception cref="UserErrorException">Missing, damaged, or tokens of another vocabulary.</exception>
    public static TokenShard Open(string path, string? expectedVocabHash = null)
    {
        using var stream = InputFile.Open(path, "token shard");
        var header = ReadHeader(stream, path);
        if (expectedVocabHash is not null && !string.Equals(header.VocabHash, expectedVocabHash, StringComparison.OrdinalIgnoreCase))
            throw new UserErrorException($"{path}: the tokens belong to the vocabulary {Short(header.VocabHash)}, not to the tokenizer's {Short(expectedVocabHash)}; prepare the data again with this tokenizer, or use the one it was prepared with.");
        return new TokenShard(path, header);
    }

    /// <summary>Reads tokens.</summary>
    /// <param name="offset">First token, from 0.</param>
    /// <param name="destination">(n) tokens; offset + n must not pass <see cref="Count"/>.</param>
    /// <exception cref="UserErrorException">A token is not in the vocabulary: the content is damaged.</exception>
    public void Read(long offset, Span<long> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset > Count || destination.Length > Count - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), $"Tokens {offset}..{offset + destination.Length - 1} of {Count}.");

        long largest = 0;
        // A span counts in ints: 2^31 - 1 bytes are less than the tokens that the longest destination holds.
        const int piece = 1 << 24;
        for (var done = 0; done < destination.Length; done += piece)
        {
            var part = destination.Slice(done, Math.Min(piece, destination.Length - done));
            var source = _file.Bytes(ShardHeader.Size + ((offset + done) * _header.TokenBytes), part.Length * _header.TokenBytes);
            largest = Math.Max(largest, Widen(source, part));
        }

        if (largest >= VocabSize) throw OutsideVocabulary(offset, destination);
    }

    /// <summary>Reads the whole file and compares the SHA-256 of its tokens with the header.</summary>
    /// <exception cref="UserErrorException">They differ.</exception>
    public void VerifyContent()
    {
        if (_file.HashFrom(ShardHeader.Size) != ContentHash)
            throw new UserErrorException($"{Path}: the tokens are not those that the header's SHA-256 names; the file is damaged: delete its folder and start again, which prepares the data anew.");
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Tokens of 1, 2 or 4 bytes to 8; the largest of them.</summary>
    private long Widen(ReadOnlySpan<byte> source, Span<long> destination)
    {
        long largest = 0;
        switch (_header.TokenBytes)
        {
            case 1:
                for (var i = 0; i < destination.Length; i++) largest = Math.Max(largest, destination[i] = source[i]);
                break;
            case 2:
                var twos = MemoryMarshal.Cast<byte, ushort>(source);
                for (var i = 0; i < destination.Length; i++) largest = Math.Max(largest, destination[i] = LittleEndian(twos[i]));
                break;
            default:
                var fours = MemoryMarshal.Cast<byte, uint>(source);
                for (var i = 0; i < destination.Length; i++) largest = Math.Max(largest, destination[i] = LittleEndian(fours[i]));
                break;
        }

        return largest;
    }

    private static ShardHeader ReadHeader(FileStream stream, string path)
    {
        var bytes = new byte[ShardHeader.Size];
        var read = InputFile.Guard(path, () => stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return ShardHeader.Read(bytes.AsSpan(0, read), stream.Length, path);
    }

    private UserErrorException OutsideVocabulary(long offset, ReadOnlySpan<long> tokens)
    {
        var i = 0;
        while (tokens[i] < VocabSize) i++;
        return new UserErrorException($"{Path}: token {offset + i} is {tokens[i]}, outside the vocabulary of {VocabSize}; the file is damaged: delete its folder and start again, which prepares the data anew.");
    }

    private static T LittleEndian<T>(T value) where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian) MemoryMarshal.AsBytes(new Span<T>(ref value)).Reverse();
        return value;
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
