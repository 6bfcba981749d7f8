using System.Security.Cryptography;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>The two keys of one connection, one for each direction: nothing sealed elsewhere, or reflected, opens here.</summary>
internal static class ConnectionKeys
{
    /// <param name="hello">The whole hello: run, generation, ranks and the dialler's nonce.</param>
    /// <param name="nonce">The listener's.</param>
    public static (byte[] FromDialler, byte[] FromListener) Derive(byte[] secret, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce)
    {
        var salt = (byte[])[.. hello, .. nonce];
        return (Key("dyt data frames from the dialler"u8), Key("dyt data frames from the listener"u8));

        byte[] Key(ReadOnlySpan<byte> purpose)
        {
            var key = new byte[FrameSeal.KeyBytes];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt, purpose);
            return key;
        }
    }
}
