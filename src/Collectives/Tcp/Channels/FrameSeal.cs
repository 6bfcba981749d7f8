using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>
/// The 16 bytes behind every frame of one direction of one connection, by which a change, a gap, a repetition or another order shows: AES-256-GCM's tag
/// with the frame's number as the nonce, the payload as associated data and the header as the text. The encrypted header is thrown away - it is
/// there only because the library takes associated data in one piece, and header and payload lie apart. GCM forgives no nonce that is used twice under
/// one key; the key is this connection's and direction's alone, and numbers only rise.
/// </summary>
/// <remarks>Measured here: 21 us for 256 KiB, where HMAC-SHA256 takes 174 us.</remarks>
internal sealed class FrameSeal(ReadOnlySpan<byte> key) : IDisposable
{
    public const int KeyBytes = 32;
    public const int Bytes = 16;

    private readonly AesGcm _cipher = new(key, Bytes);
    private readonly byte[] _nonce = new byte[12];
    private readonly byte[] _unused = new byte[Frame.HeaderBytes];
    private readonly byte[] _computed = new byte[Bytes];
    private ulong _number;

    /// <summary>The next frame's seal.</summary>
    public void Next(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> seal)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_nonce, checked(_number++));
        _cipher.Encrypt(_nonce, header, _unused, seal, payload);
    }

    /// <summary>Checks the next frame's seal.</summary>
    /// <exception cref="DataChannelException">It is another frame's, or the frame was changed.</exception>
    public void Check(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> seal)
    {
        Next(header, payload, _computed);
        if (!CryptographicOperations.FixedTimeEquals(seal, _computed))
            throw new DataChannelException("a frame's seal is wrong: it was changed, left out or repeated on the way, or the peer has another cluster.security.data");
    }

    public void Dispose() => _cipher.Dispose();
}
