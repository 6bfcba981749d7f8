using System.Text.Json.Nodes;
using CsCheck;
using DyT.Config;

namespace DyT.Data.Tests;

public class HuggingFaceTests
{
    [Theory]
    [InlineData(false), InlineData(true)]
    public void A_byte_level_file_gives_the_tokens_of_gpt2_with_merges_in_either_form(bool arrays)
    {
        using var folder = new TempFolder();
        var gpt2 = Gpt2Files.Load(TinyBpe.WriteGpt2(folder["bpe"]));
        var tokenizer = Load(folder, ByteLevel(arrays));
        Choose.From(" ", "low", "lower", "é", "\n", "<|endoftext|>", "12").Array[0, 20].Select(string.Concat).Sample(text =>
        {
            Assert.Equal(gpt2.Encode(text), tokenizer.Encode(text));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }, iter: 200);
        Assert.Equal((gpt2.VocabSize, gpt2.EndOfText), (tokenizer.VocabSize, tokenizer.EndOfText));
    }

    [Fact]
    public void A_split_pattern_of_its_own_cuts_the_words()
    {
        using var folder = new TempFolder();
        var file = ByteLevel();
        file["pre_tokenizer"] = JsonNode.Parse("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"w"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""");
        // "low" is cut before the w, so only l and o merge; the space stays by itself.
        Assert.Equal([TinyBpe.Lo, Id("w"), Id("Ġ"), TinyBpe.Lo, Id("w")], Load(folder, file).Encode("low low")[..2].Concat(Load(folder, file).Encode(" low")));
    }

    [Fact]
    public void Ordinary_added_tokens_are_found_in_the_text_and_whole_words_go_before_merges()
    {
        using var folder = new TempFolder();
        var file = ByteLevel();
        file["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id":262,"content":"   ","special":false}"""));
        file["model"]!["ignore_merges"] = true;
        file["model"]!["merges"] = new JsonArray();
        var tokenizer = Load(folder, file);
        Assert.Equal([TinyBpe.Low, 262, TinyBpe.SpaceLow], tokenizer.Encode("low    low"));
        Assert.Equal("low    low", tokenizer.Decode(tokenizer.Encode("low    low")));
    }

    [Fact]
    public void A_metaspace_file_with_byte_fallback_merges_words_and_keeps_every_character()
    {
        using var folder = new TempFolder();
        var tokenizer = Load(folder, Metaspace());
        var ids = MetaspaceIds();
        Assert.Equal([ids["▁low"], ids["▁low"]], tokenizer.Encode("low low"));
        // é is no token: its bytes C3 A9; nothing merges over it.
        Assert.Equal([ids["▁"], ids["l"], ids["<0xC3>"], ids["<0xA9>"], ids["o"], ids["w"]], tokenizer.Encode("léow"));
        Assert.Equal([ids["▁▁"], ids["▁"], ids["l"]], tokenizer.Encode("  l").Take(3));
        Choose.From(" ", "low", "é", "\n", "\U0001F600", "x").Array[1, 20].Select(string.Concat).Sample(text =>
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text))), iter: 200);
        Assert.Equal(ids["</s>"], tokenizer.EndOfText);
    }

    [Fact]
    public void Text_that_comes_token_by_token_is_that_of_all_tokens_spaces_included()
    {
        using var folder = new TempFolder();
        var tokenizer = Load(folder, Metaspace());
        Gen.Int[0, tokenizer.VocabSize - 1].Array[0, 20].Sample(tokens =>
        {
            var text = new TokenText(tokenizer);
            Assert.Equal(tokenizer.Decode(tokens), string.Concat(tokens.Select(text.Add)) + text.End());
        }, iter: 500);
    }

    [Fact]
    public void What_follows_a_prompt_keeps_the_space_between()
    {
        using var folder = new TempFolder();
        var tokenizer = Load(folder, Metaspace());
        var text = new TokenText(tokenizer);
        foreach (var token in tokenizer.Encode("low"))
            text.Add(token);
        Assert.Equal(" low", text.Add(MetaspaceIds()["▁low"]));
    }

    [Fact]
    public void Without_byte_fallback_unknown_characters_become_the_unknown_token_one_or_one_for_all()
    {
        using var folder = new TempFolder();
        var file = Metaspace();
        file["model"]!["byte_fallback"] = false;
        var unknown = MetaspaceIds()["<unk>"];
        Assert.Equal(2, Load(folder, file).Encode("éé").Count(token => token == unknown));
        file["model"]!["fuse_unk"] = true;
        Assert.Equal(1, Load(folder, file).Encode("éé").Count(token => token == unknown));
    }

    [Theory]
    [InlineData("""{"model":{"type":"WordPiece"}}""", "WordPiece")]
    [InlineData("""{"model":{"type":"Unigram"}}""", "Unigram")]
    [InlineData("""{}""", "model is missing")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "neither byte-level nor metaspace")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}}}""", "model.merges is missing")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}""", "model.merges[0]")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}""", "dropout")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"}}""", "end_of_word_suffix")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel"}}""", "byte alphabet|NFC")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":"a"}]}""", "number 1, but 0")]
    [InlineData("""[1]""", "must be an object")]
    [InlineData("""{"model":{"type":"BPE","vocab":[],"merges":[]}}""", "model.vocab")]
    public void What_is_damaged_or_not_supported_is_named(string json, string expected)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<UserErrorException>(() => HuggingFaceFile.Load(folder.Write("tokenizer.json", json)));
        Assert.Contains(expected.Split('|'), part => error.Message.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void Damaged_bytes_give_a_sentence_or_a_tokenizer_never_anything_else()
    {
        var whole = System.Text.Encoding.UTF8.GetBytes(Metaspace().ToJsonString());
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Bool).Sample((at, value, cut) =>
        {
            using var folder = new TempFolder();
            var bytes = cut ? whole[..at] : (byte[])whole.Clone();
            if (!cut) bytes[at] = value;
            try
            {
                var tokenizer = HuggingFaceFile.Load(folder.Write("tokenizer.json", bytes));
                Assert.NotNull(tokenizer.Decode(tokenizer.Encode("low é")));
            }
            catch (UserErrorException e)
            {
                Assert.Contains("tokenizer.json", e.Message, StringComparison.Ordinal);
            }
        }, iter: 300);
    }

    internal static JsonObject ByteLevel(bool arrays = false)
    {
        var merges = new JsonArray([.. TinyBpe.Merges.Select(merge => arrays ? (JsonNode)new JsonArray([.. merge.Split(' ').Select(t => (JsonNode)t)]) : merge)]);
        var vocabulary = TinyBpe.Vocabulary();
        vocabulary.Remove("<|endoftext|>");
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = TinyBpe.End, ["content"] = "<|endoftext|>", ["special"] = true }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = Object(vocabulary), ["merges"] = merges },
        };
    }

    private static JsonObject Metaspace() => new JsonObject
    {
        ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["unk_token"] = "<unk>",
            ["byte_fallback"] = true,
            ["fuse_unk"] = false,
            ["vocab"] = Object(MetaspaceIds()),
            ["merges"] = new JsonArray("l o", "lo w", "▁ low", "▁ ▁"),
        },
    };

    private static Dictionary<string, int> MetaspaceIds()
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁", "l", "o", "w", "lo", "low", "▁low", "▁▁"];
        return tokens.Select((token, i) => (token, i)).ToDictionary(pair => pair.token, pair => pair.i);
    }

    private static JsonObject Object(Dictionary<string, int> ids) => new(ids.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    private static ITokenizer Load(TempFolder folder, JsonNode file) => HuggingFaceFile.Load(folder.Write("tokenizer.json", file.ToJsonString()));

    private static int Id(string token) => TinyBpe.Vocabulary()[token];
}
