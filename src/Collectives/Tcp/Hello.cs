using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DyT.Config;

namespace DyT.Collectives.Tcp;

/// <summary>Who this worker is: the run and the secret that its workers share.</summary>
public sealed record DataPlaneIdentity(string RunId, byte[] Secret)
{
    internal byte[] RunHash { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(RunId));
}

/// <summary>
/// The opening of a data-plane connection, all of fixed size:
/// <code>
/// dialler  -> hello    magic 8 | run 32 | plan 32 | generation i64 | from rank i32 | to rank i32 | wire i32 | stream i32 | streams i32 | nonce 32     (132 bytes)
/// listener -> answer   nonce 32 | HMAC-SHA256(secret, "listener" | hello | nonce) 32                   (64 bytes)
/// dialler  -> proof    HMAC-SHA256(secret, "dialler" | hello | nonce) 32
/// listener -> verdict  one byte: 1 welcome, 2 stale generation, 3 another wire type, 4 another number of streams
/// </code>
/// "plan" is <see cref="GenerationPlan.Digest"/>: two plans of one number do not mix. "wire" is <see cref="WireType"/>: 0 fp32, 1 bf16. "stream" counts the connections between two workers, of which there are "streams". Both sides prove that they know the secret over both nonces, each in its own words, so that neither a recorded nor a reflected proof is of use.
/// </summary>
internal sealed record Hello(byte[] RunHash, byte[] PlanDigest, long Generation, int FromRank, int ToRank, WireType Wire, int Stream, int Streams, byte[] Nonce)
{
    public const int HelloBytes = 132;
    public const int AnswerBytes = 64;
    public const int ProofBytes = 32;
    public const byte Welcome = 1;
    public const byte Stale = 2;
    public const byte OtherWire = 3;
    public const byte OtherStreams = 4;
    private const int NonceBytes = 32;

    private static ReadOnlySpan<byte> Magic => "DYTDATA4"u8;

    public static byte[] NewNonce() => RandomNumberGenerator.GetBytes(NonceBytes);

    public byte[] ToBytes()
    {
        var bytes = new byte[HelloBytes];
        Magic.CopyTo(bytes);
        RunHash.CopyTo(bytes, 8);
        PlanDigest.CopyTo(bytes, 40);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(72), Generation);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(80), FromRank);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(84), ToRank);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(88), (int)Wire);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(92), Stream);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(96), Streams);
        Nonce.CopyTo(bytes, 100);
        return bytes;
    }

    /// <summary>Null when the bytes are not a hello.</summary>
    public static Hello? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != HelloBytes || !bytes[..8].SequenceEqual(Magic))
            return null;
        var from = BinaryPrimitives.ReadInt32LittleEndian(bytes[80..]);
        var to = BinaryPrimitives.ReadInt32LittleEndian(bytes[84..]);
        var wire = (WireType)BinaryPrimitives.ReadInt32LittleEndian(bytes[88..]);
        var stream = BinaryPrimitives.ReadInt32LittleEndian(bytes[92..]);
        var streams = BinaryPrimitives.ReadInt32LittleEndian(bytes[96..]);
        return from < 0 || to < 0 || stream < 0 || stream >= streams
            ? null
            : new Hello(bytes.Slice(8, 32).ToArray(), bytes.Slice(40, 32).ToArray(), BinaryPrimitives.ReadInt64LittleEndian(bytes[72..]), from, to, wire, stream, streams, bytes[100..].ToArray());
    }

    public static byte[] ListenerProof(byte[] secret, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce) => Proof(secret, "listener"u8, hello, nonce);

    public static byte[] DiallerProof(byte[] secret, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce) => Proof(secret, "dialler"u8, hello, nonce);

    private static byte[] Proof(byte[] secret, ReadOnlySpan<byte> side, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce) =>
        HMACSHA256.HashData(secret, (byte[])[.. side, .. hello, .. nonce]);
}
