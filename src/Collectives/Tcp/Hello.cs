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
/// dialler  -> hello    magic 8 | run 32 | plan 32 | generation i64 | from rank i32 | to rank i32 | wire i32 | nonce 32     (124 bytes)
/// listener -> answer   nonce 32 | HMAC-SHA256(secret, "listener" | hello | nonce) 32                   (64 bytes)
/// dialler  -> proof    HMAC-SHA256(secret, "dialler" | hello | nonce) 32
/// listener -> verdict  one byte: 1 welcome, 2 stale generation, 3 another wire type
/// </code>
/// "plan" is <see cref="GenerationPlan.Digest"/>: two plans of one number do not mix. "wire" is <see cref="WireType"/>: 0 fp32, 1 bf16. Both sides prove that they know the secret over both nonces, each in its own words, so that neither a recorded nor a reflected proof is of use.
/// </summary>
internal sealed record Hello(byte[] RunHash, byte[] PlanDigest, long Generation, int FromRank, int ToRank, WireType Wire, byte[] Nonce)
{
    public const int HelloBytes = 124;
    public const int AnswerBytes = 64;
    public const int ProofBytes = 32;
    public const byte Welcome = 1;
    public const byte Stale = 2;
    public const byte OtherWire = 3;
    private const int NonceBytes = 32;

    private static ReadOnlySpan<byte> Magic => "DYTDATA3"u8;

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
        Nonce.CopyTo(bytes, 92);
        return bytes;
    }

    /// <summary>Null when the bytes are not a hello.</summary>
    public static Hello? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != HelloBytes || !bytes[..8].SequenceEqual(Magic))
            return null;
        var from = BinaryPrimitives.ReadInt32LittleEndian(bytes[80..]);
        var to = BinaryPrimitives.ReadInt32LittleEndian(bytes[84..]);
        return from < 0 || to < 0
            ? null
            : new Hello(bytes.Slice(8, 32).ToArray(), bytes.Slice(40, 32).ToArray(), BinaryPrimitives.ReadInt64LittleEndian(bytes[72..]), from, to, (WireType)BinaryPrimitives.ReadInt32LittleEndian(bytes[88..]), bytes[92..].ToArray());
    }

    public static byte[] ListenerProof(byte[] secret, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce) => Proof(secret, "listener"u8, hello, nonce);

    public static byte[] DiallerProof(byte[] secret, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce) => Proof(secret, "dialler"u8, hello, nonce);

    private static byte[] Proof(byte[] secret, ReadOnlySpan<byte> side, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce) =>
        HMACSHA256.HashData(secret, (byte[])[.. side, .. hello, .. nonce]);
}
