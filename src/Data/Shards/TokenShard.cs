using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DyT.Data;

/// <summary>A file of tokens, mapped into memory: opening it costs nothing and pages come as they are read.</summary>
public sealed unsafe class TokenShard : IDisposable
{
    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly ShardHeader _header;
    private readonly byte* _tokens;

    private TokenShard(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, ShardHeader header)
    {
        _path = path;
        _file = file;
        _view = view;
        _header = header;
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _tokens = start + view.PointerOffset + ShardHeader.Bytes;
    }

    public long Count => _header.Count;

    public int VocabSize => _header.VocabSize;

    public string VocabHash => Convert.ToHexStringLower(_header.VocabHash);

    public string ContentHash => Convert.ToHexStringLower(_header.ContentHash);

    /// <summary>Opens a shard and checks its header.</summary>
    /// <exception cref="DataException">It is missing, damaged, or holds tokens of another vocabulary than <paramref name="expectedVocabHash"/>.</exception>
    public static TokenShard Open(string path, string? expectedVocabHash = null)
    {
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            var length = new FileInfo(path).Length;
            var start = new byte[ShardHeader.Bytes];
            using (var stream = File.OpenRead(path))
                start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            var header = ShardHeader.Read(start, length, path);
            if (expectedVocabHash is not null && Convert.ToHexStringLower(header.VocabHash) != expectedVocabHash)
                throw new DataException($"{path} holds tokens of another vocabulary than the tokenizer's: prepare the data with this tokenizer, or use the one that it was prepared with");
            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            return new TokenShard(path, file, view, header);
        }
        catch (Exception e)
        {
            view?.Dispose();
            file?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new DataException($"token shard {path} cannot be opened: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Reads tokens from <paramref name="offset"/> on.</summary>
    public void Read(long offset, Span<long> destination)
    {
        if (offset < 0 || offset > Count - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{destination.Length} tokens from there do not lie inside {Count}");
        switch (_header.TokenBytes)
        {
            case 1:
                Widen(new ReadOnlySpan<byte>(_tokens + offset, destination.Length), destination);
                break;
            case 2:
                Widen(new ReadOnlySpan<ushort>((ushort*)_tokens + offset, destination.Length), destination);
                break;
            default:
                Widen(new ReadOnlySpan<uint>((uint*)_tokens + offset, destination.Length), destination);
                break;
        }

        // A token outside of the vocabulary would index outside of the embedding table.
        foreach (var token in destination)
        {
            if (token >= VocabSize)
                throw new DataException($"{_path} is damaged: token {token} is not in its vocabulary of {VocabSize}; delete it and let 'dyt data prepare' make it again");
        }
    }

    /// <summary>Reads the whole file and compares it with the hash in its header.</summary>
    public void VerifyContent()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        const int piece = 16 * 1024 * 1024;
        var bytes = Count * _header.TokenBytes;
        for (long at = 0; at < bytes; at += piece)
            hash.AppendData(new ReadOnlySpan<byte>(_tokens + at, (int)Math.Min(piece, bytes - at)));
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(_header.ContentHash))
            throw new DataException($"{_path} is damaged: its tokens were altered; delete it and let 'dyt data prepare' make it again");
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static void Widen<T>(ReadOnlySpan<T> source, Span<long> destination)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        for (var i = 0; i < source.Length; i++)
            destination[i] = long.CreateTruncating(source[i]);
    }
}
