using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DyT.Data;

/// <summary>Writes a token shard as a stream; the file appears under its name only when it is complete.</summary>
public sealed class TokenShardWriter : IDisposable
{
    private readonly string _path;
    private readonly int _tokenBytes;
    private readonly int _vocabSize;
    private readonly byte[] _vocabHash;
    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _used;

    public TokenShardWriter(string path, int vocabSize, string vocabHash)
    {
        _path = path;
        _vocabSize = vocabSize;
        _vocabHash = Convert.FromHexString(vocabHash);
        _tokenBytes = ShardHeader.TokenBytesFor(vocabSize);
        _file = new FileStream(path + ".tmp", FileMode.Create, FileAccess.Write);
        _file.Write(new byte[ShardHeader.Bytes]); // the real header needs the hash of what follows
    }

    public long Count { get; private set; }

    public void Write(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)_vocabSize)
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"not in the vocabulary of {_vocabSize}");
            if (_used + _tokenBytes > _buffer.Length)
                Flush();
            var at = _buffer.AsSpan(_used);
            if (_tokenBytes == 1)
                at[0] = (byte)token;
            else if (_tokenBytes == 2)
                BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)token);
            else
                BinaryPrimitives.WriteInt32LittleEndian(at, token);
            _used += _tokenBytes;
        }

        Count += tokens.Length;
    }

    /// <summary>Writes the header, syncs and gives the file its name; returns the hash of the content.</summary>
    public string Complete()
    {
        Flush();
        var content = _hash.GetHashAndReset();
        _file.Position = 0;
        _file.Write(new ShardHeader(_tokenBytes, Count, _vocabSize, _vocabHash, content).ToBytes());
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_path + ".tmp", _path, overwrite: true);
        return Convert.ToHexStringLower(content);
    }

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
        if (File.Exists(_path + ".tmp"))
            File.Delete(_path + ".tmp"); // it was never completed
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _used);
        _file.Write(_buffer, 0, _used);
        _used = 0;
    }
}
