using System.Security.Cryptography;
using DyT.Config;
using DyT.Data;
using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Token shards: the header alone, the same behind a checksum that is right, and whole files.</summary>
internal static class ShardTargets
{
    private const int Checked = 96;

    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData("vocabulary"u8));

    public static IEnumerable<FuzzTarget> All()
    {
        var folder = Scratch.Folder("shards");
        byte[][] files = [Write(folder, 200, 50), Write(folder, 50_257, 7), Write(folder, 1 << 17, 1), Write(folder, 1, 0)];
        var path = Path.Combine(folder, "input.tokens");
        return
        [
            new("shard header", files, bytes => Header(bytes)) { Allowed = typeof(UserErrorException), LargestInput = 512 },
            new("shard header behind a right checksum", files, bytes => Header(Mend(bytes))) { Allowed = typeof(UserErrorException), LargestInput = 512 },
            new("shard file", files, bytes => Open(path, (bytes.Length & 1) == 0 ? bytes : Mend(bytes))) { Allowed = typeof(UserErrorException), LargestInput = 1024 },
        ];
    }

    private static bool Header(byte[] bytes)
    {
        var header = ShardHeader.Read(bytes, bytes.Length, "x.tokens");
        Assert.Equal(bytes[..ShardHeader.Size], header.Write());
        return true;
    }

    private static bool Open(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        using var shard = TokenShard.Open(path, expectedVocabHash: null);
        var tokens = new long[Math.Min(shard.Count, 1024)];
        shard.Read(shard.Count - tokens.Length, tokens);
        Assert.All(tokens, t => Assert.InRange(t, 0, shard.VocabSize - 1));
        shard.VerifyContent();
        return true;
    }

    private static byte[] Mend(byte[] bytes)
    {
        if (bytes.Length >= ShardHeader.Size)
            SHA256.HashData(bytes.AsSpan(0, Checked), bytes.AsSpan(Checked));
        return bytes;
    }

    private static byte[] Write(string folder, int vocabulary, int count)
    {
        var path = Path.Combine(folder, "seed.tokens");
        using (var writer = new TokenShardWriter(path, vocabulary, Hash))
        {
            writer.Append([.. Enumerable.Range(0, count).Select(i => (i * 7919) % vocabulary)]);
            writer.Complete();
        }

        return File.ReadAllBytes(path);
    }
}
