using System.Text;
using CsCheck;
using DyT.Config;

namespace DyT.Data.Tests;

public class Gpt2Tests
{
    [Fact]
    public void Merges_by_hand_give_the_same_tokens()
    {
        using var folder = new TempFolder();
        var tokenizer = Gpt2Files.Load(TinyBpe.WriteGpt2(folder["bpe"]));
        Assert.Equal([TinyBpe.Low], tokenizer.Encode("low"));
        Assert.Equal([TinyBpe.Low, TinyBpe.Er, TinyBpe.SpaceLower], tokenizer.Encode("lower lower"));
        Assert.Equal([TinyBpe.Lo, Id('t'), TinyBpe.SpaceLow], tokenizer.Encode("lot low"));
        // é is the bytes C3 A9; of two spaces the last one goes to the word.
        Assert.Equal([0xC3, 0xA9, Id(' '), TinyBpe.SpaceLow], tokenizer.Encode("é  low"));
        Assert.Equal((262, TinyBpe.End), (tokenizer.VocabSize, tokenizer.EndOfText));
    }

    [Fact]
    public void Any_text_comes_back()
    {
        using var folder = new TempFolder();
        var tokenizer = Gpt2Files.Load(TinyBpe.WriteGpt2(folder["bpe"]));
        var texts = Gen.OneOf(Gen.String, Choose.From(" ", "low", "er", "\n", "  ", "'s", "7", "<|endoftext|>", "\U0001F600").Array[0, 30].Select(string.Concat));
        texts.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))).Sample(text =>
        {
            var tokens = tokenizer.Encode(text);
            Assert.Equal(text, tokenizer.Decode(tokens));
            Assert.DoesNotContain(TinyBpe.End, tokens);
        });
    }

    [Fact]
    public void Decoding_never_fails()
    {
        using var folder = new TempFolder();
        var tokenizer = Gpt2Files.Load(TinyBpe.WriteGpt2(folder["bpe"]));
        Assert.Equal("low\uFFFD<|endoftext|>\uFFFD\uFFFD", tokenizer.Decode([TinyBpe.Low, 0xC3, TinyBpe.End, 262, -5]));
        Gen.Int[-3, 300].Array.Sample(tokens => Assert.NotNull(tokenizer.Decode(tokens)));
    }

    /// <summary>From the golden cases of npm gpt-tokenizer 4.0.0 (TestPlans.txt, r50k_base). Needs GPT-2's own files.</summary>
    [Fact]
    public void Published_golden_cases_hold()
    {
        var cache = RepositoryCache.Path;
        Assert.SkipUnless(cache is not null && File.Exists(Path.Combine(cache, "corpora", Corpora.Gpt2Bpe, "encoder.json")), "GPT-2's files are not in the cache (dyt data get gpt2-bpe).");
        var tokenizer = Gpt2Files.Load(Corpora.Get(Corpora.Gpt2Bpe, cache));
        Assert.Equal((50257, 50256), (tokenizer.VocabSize, tokenizer.EndOfText));
        foreach (var (text, tokens) in new (string, int[])[]
        {
            ("", []),
            ("a a", [64, 257]),
            ("hello", [31373]),
            ("Hello, World! How are you today? 🌍", [15496, 11, 2159, 0, 1374, 389, 345, 1909, 30, 12520, 234, 235]),
            ("こんにちは、世界！お元気ですか？", [46036, 22174, 28618, 2515, 94, 31676, 23513, 10310, 244, 45911, 234, 171, 120, 223, 2515, 232, 17739, 225, 36365, 245, 30640, 33623, 27370, 171, 120, 253]),
            ("Hola, mundo! ¿Cómo estás hoy? 🇪🇸", [39, 5708, 11, 27943, 78, 0, 1587, 123, 34, 10205, 5908, 1556, 40138, 289, 726, 30, 12520, 229, 103, 8582, 229, 116]),
            ("Привет, мир! Как дела?", [140, 253, 21169, 18849, 38857, 16843, 20375, 11, 12466, 120, 18849, 21169, 0, 12466, 248, 16142, 31583, 12466, 112, 16843, 30143, 16142, 30]),
        })
        {
            Assert.Equal(tokens, tokenizer.Encode(text));
            Assert.Equal(text, tokenizer.Decode(tokens));
        }
    }

    [Theory]
    [InlineData("encoder.json", "[]", "must be an object")]
    [InlineData("encoder.json", "{\"a\": 1.5}", "whole number")]
    [InlineData("encoder.json", "{\"a\": 0", "not valid JSON")]
    [InlineData("encoder.json", "{}", "vocabulary is empty")]
    [InlineData("encoder.json", "{\"a\": 0, \"b\": 0}", "same number 0")]
    [InlineData("encoder.json", "{\"a\": 2000000000}", "outside 0..")]
    [InlineData("encoder.json", "{\"l\":0,\"o\":1,\"lo\":2,\"w\":3,\"low\":4,\"e\":5,\"r\":6,\"er\":7,\"Ġ\":8,\"Ġlow\":9,\"Ġlower\":10}", "byte alphabet")]
    [InlineData("vocab.bpe", "l o w\n", "not two tokens")]
    [InlineData("vocab.bpe", "x y\n", "the token 'xy', which the vocabulary lacks")]
    public void Damaged_files_give_a_sentence(string file, string content, string expected)
    {
        using var folder = new TempFolder();
        TinyBpe.WriteGpt2(folder["bpe"]);
        folder.Write($"bpe/{file}", content);
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Gpt2Files.Load(folder["bpe"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_give_a_sentence()
    {
        using var folder = new TempFolder();
        Assert.Contains("encoder.json", Assert.Throws<UserErrorException>(() => Gpt2Files.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static int Id(char c) => TinyBpe.Vocabulary()[ByteLevelAlphabet.FromBytes([(byte)c])];
}
