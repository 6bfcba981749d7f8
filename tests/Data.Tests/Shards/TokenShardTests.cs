using CsCheck;
using DyT.Config;

namespace DyT.Data.Tests;

public class TokenShardTests
{
    private static readonly string Hash = new('a', 64);

    [Fact]
    public void What_was_written_is_read_for_every_token_type() =>
        Gen.Select(Choose.From(1, 2, 255, 256, 257, 65536, 65537, int.MaxValue), Gen.Int[0, 40_000], Gen.Int).Sample((vocab, count, seed) =>
        {
            using var folder = new TempFolder();
            var random = new Random(seed);
            var tokens = Enumerable.Range(0, count).Select(_ => random.Next(vocab)).ToArray();
            var path = Write(folder, tokens, vocab);
            using var shard = TokenShard.Open(path, Hash);
            Assert.Equal((count, vocab, Hash), (shard.Count, shard.VocabSize, shard.VocabHash));
            Assert.Equal(128 + ((long)count * (vocab <= 256 ? 1 : vocab <= 65536 ? 2 : 4)), new FileInfo(path).Length);
            var read = new long[count];
            shard.Read(0, read);
            Assert.Equal(tokens.Select(t => (long)t), read);
            shard.VerifyContent();
            var part = new long[count / 3];
            shard.Read(count / 2, part);
            Assert.Equal(read.AsSpan(count / 2, part.Length).ToArray(), part);
        }, iter: 60);

    [Fact]
    public void The_content_hash_is_the_sha256_of_the_token_bytes()
    {
        using var folder = new TempFolder();
        using var shard = TokenShard.Open(Write(folder, [97, 98, 99], 256));
        // SHA-256("abc"), FIPS 180-4's example.
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", shard.ContentHash);
    }

    [Fact]
    public void Damaged_bytes_give_a_sentence_or_a_right_read_never_anything_else() =>
        Gen.Select(Gen.Int[0, 167], Gen.Byte, Gen.Int[0, 200], Gen.Bool).Sample((at, value, length, cut) =>
        {
            using var folder = new TempFolder();
            var path = Write(folder, [.. Enumerable.Range(0, 40)], 40);
            var bytes = File.ReadAllBytes(path);
            if (cut) Array.Resize(ref bytes, length);
            else bytes[at] = value;
            File.WriteAllBytes(path, bytes);
            try
            {
                using var shard = TokenShard.Open(path);
                var read = new long[40];
                shard.Read(0, read);
                Assert.All(read, token => Assert.InRange(token, 0, 39));
            }
            catch (UserErrorException e)
            {
                Assert.Contains(path, e.Message, StringComparison.Ordinal);
            }
        }, iter: 400);

    [Fact]
    public void A_header_that_is_consistent_with_its_checksum_but_hostile_is_refused() =>
        Gen.Select(Gen.Long, Gen.Long, Gen.UInt).Sample((count, vocab, tokenBytes) =>
        {
            var bytes = new ShardHeader(3, 300, Hash, Hash).Write();
            BitConverter.TryWriteBytes(bytes.AsSpan(12), tokenBytes);
            BitConverter.TryWriteBytes(bytes.AsSpan(16), count);
            BitConverter.TryWriteBytes(bytes.AsSpan(24), vocab);
            System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(0, 96), bytes.AsSpan(96));
            var fits = vocab is >= 1 and <= int.MaxValue && count == 3 && tokenBytes == (vocab <= 256 ? 1 : vocab <= 65536 ? 2 : 4);
            if (!fits) Assert.Throws<UserErrorException>(() => ShardHeader.Read(bytes, 128 + 6, "x"));
        });

    [Fact]
    public void Every_single_bit_of_the_header_is_guarded()
    {
        var bytes = new ShardHeader(3, 300, Hash, Hash).Write();
        Assert.Equal(3, ShardHeader.Read(bytes, 134, "x").Count);
        for (var bit = 0; bit < 128 * 8; bit++)
        {
            var altered = (byte[])bytes.Clone();
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<UserErrorException>(() => ShardHeader.Read(altered, 134, "x"));
        }
    }

    [Fact]
    public void Tokens_of_another_vocabulary_are_refused()
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<UserErrorException>(() => TokenShard.Open(Write(folder, [1, 2], 10), new string('b', 64)));
        Assert.Contains("vocabulary aaaaaaaaaaaa", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Altered_tokens_are_found_by_reading_or_by_verifying()
    {
        using var folder = new TempFolder();
        var path = Write(folder, [1, 2, 3, 4], 10);
        var bytes = File.ReadAllBytes(path);
        bytes[130] = 200;
        File.WriteAllBytes(path, bytes);
        using (var shard = TokenShard.Open(path))
            Assert.Contains("token 2 is 200", Assert.Throws<UserErrorException>(() => shard.Read(1, new long[3])).Message, StringComparison.Ordinal);
        bytes[130] = 9;
        File.WriteAllBytes(path, bytes);
        using var plausible = TokenShard.Open(path);
        Assert.Throws<UserErrorException>(plausible.VerifyContent);
    }

    [Fact]
    public void Missing_files_and_folders_give_a_sentence()
    {
        using var folder = new TempFolder();
        Assert.Contains("no token shard", Assert.Throws<UserErrorException>(() => TokenShard.Open(folder["none"])).Message, StringComparison.Ordinal);
        Assert.Throws<UserErrorException>(() => TokenShard.Open(folder.Path));
    }

    [Fact]
    public void Reads_outside_the_shard_are_refused()
    {
        using var folder = new TempFolder();
        using var shard = TokenShard.Open(Write(folder, [1, 2, 3], 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(2, new long[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(-1, new long[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(long.MaxValue, new long[1]));
        shard.Read(3, []);
    }

    [Fact]
    public void An_unfinished_shard_leaves_nothing_and_tokens_outside_the_vocabulary_are_refused()
    {
        using var folder = new TempFolder();
        using (var writer = new TokenShardWriter(folder["s"], 10, Hash))
        {
            writer.Append([1, 2]);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Append([10]));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Append([-1]));
        }

        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    private static string Write(TempFolder folder, int[] tokens, int vocab)
    {
        using var writer = new TokenShardWriter(folder["shard"], vocab, Hash);
        writer.Append(tokens.AsSpan(0, tokens.Length / 2));
        writer.Append(tokens.AsSpan(tokens.Length / 2));
        Assert.Empty(Directory.GetFiles(folder.Path, "shard"));
        writer.Complete();
        return folder["shard"];
    }
}
