using System.Buffers.Binary;
using System.Security.Cryptography;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// Writes a token shard piece by piece. The file appears under its name only by <see cref="Complete"/>, whole and synced;
/// disposing without it leaves nothing.
/// </summary>
public sealed class TokenShardWriter : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly int _vocabSize;
    private readonly string _vocabHash;
    private readonly int _tokenBytes;
    private readonly FileStream _stream;
    private readonly IncrementalHash _content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[1 << 16];
    private bool _open = true;

    /// <param name="path">Where the shard will be; its folder must exist.</param>
    /// <param name="vocabSize">Tokens are 0..vocabSize-1.</param>
    /// <param name="vocabHash">SHA-256 of the vocabulary, lowercase hexadecimal.</param>
    public TokenShardWriter(string path, int vocabSize, string vocabHash)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabSize, 1);
        if (!Digest.IsHex(vocabHash)) throw new ArgumentException("Not a SHA-256 in lowercase hexadecimal.", nameof(vocabHash));
        _path = path;
        _vocabSize = vocabSize;
        _vocabHash = vocabHash;
        _tokenBytes = ShardHeader.TokenBytesFor(vocabSize);
        _temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        _stream = Guard(() => new FileStream(_temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16));
        Guard(() => _stream.Write(new byte[ShardHeader.Size]));
    }

    /// <summary>Tokens written so far.</summary>
    public long Count { get; private set; }

    public void Append(ReadOnlySpan<int> tokens)
    {
        ObjectDisposedException.ThrowIf(!_open, this);
        var perPiece = _buffer.Length / _tokenBytes;
        for (; tokens.Length > 0; tokens = tokens[Math.Min(perPiece, tokens.Length)..])
            AppendPiece(tokens[..Math.Min(perPiece, tokens.Length)]);
    }

    /// <summary>Writes the header, syncs the file and gives it its name, replacing what was there.</summary>
    /// <returns>SHA-256 of the tokens, lowercase hexadecimal.</returns>
    public string Complete()
    {
        ObjectDisposedException.ThrowIf(!_open, this);
        var header = new ShardHeader(Count, _vocabSize, _vocabHash, Convert.ToHexStringLower(_content.GetHashAndReset()));
        Guard(() =>
        {
            _stream.Position = 0;
            _stream.Write(header.Write());
            _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            File.Move(_temporary, _path, overwrite: true);
        });
        _open = false;
        _content.Dispose();
        return header.ContentHash;
    }

    public void Dispose()
    {
        if (!_open) return;
        _open = false;
        _content.Dispose();
        _stream.Dispose();
        File.Delete(_temporary);
    }

    private void AppendPiece(ReadOnlySpan<int> tokens)
    {
        var bytes = _buffer.AsSpan(0, tokens.Length * _tokenBytes);
        for (var i = 0; i < tokens.Length; i++)
        {
            var token = tokens[i];
            if ((uint)token >= (uint)_vocabSize)
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"Token outside the vocabulary of {_vocabSize}.");
            switch (_tokenBytes)
            {
                case 1: bytes[i] = (byte)token; break;
                case 2: BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], (ushort)token); break;
                default: BinaryPrimitives.WriteInt32LittleEndian(bytes[(4 * i)..], token); break;
            }
        }

        _content.AppendData(bytes);
        try
        {
            _stream.Write(bytes);
        }
        catch (IOException e)
        {
            throw Unwritable(e);
        }

        Count += tokens.Length;
    }

    private void Guard(Action write) => Guard(() =>
    {
        write();
        return true;
    });

    private T Guard<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    private UserErrorException Unwritable(Exception e) =>
        new($"'{_path}' cannot be written ({e.Message.TrimEnd('.')}): free some disk space or give data.cache another folder.", inner: e);
}
