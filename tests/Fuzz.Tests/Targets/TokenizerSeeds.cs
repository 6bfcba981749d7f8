using System.Text;
using System.Text.Json.Nodes;
using DyT.Data;
using Google.Protobuf;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Small valid files of every kind of tokenizer.</summary>
internal static class TokenizerSeeds
{
    private static readonly string[] Merges = ["l o", "lo w", "e r", "Ġ low", "Ġlow er"];

    public static Dictionary<string, int> Gpt2Vocabulary()
    {
        string[] tokens = [.. ByteLevelAlphabet.All.ToArray().Select(c => c.ToString()), .. Merges.Select(m => m.Replace(" ", "", StringComparison.Ordinal)), "<|endoftext|>"];
        return Numbered(tokens);
    }

    public static byte[] Gpt2Merges() => Encoding.UTF8.GetBytes("#version: 0.2\n" + string.Join('\n', Merges) + "\n");

    public static byte[] ByteLevel(bool arrays) => Bytes(ByteLevelFile(arrays));

    /// <summary>With a pattern of its own, and an ordinary token that is found in the text.</summary>
    public static byte[] Split()
    {
        var file = ByteLevelFile(arrays: false);
        file["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id":262,"content":"12","special":false}"""));
        file["pre_tokenizer"] = JsonNode.Parse("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\s+|\\p{L}+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""");
        return Bytes(file);
    }

    public static byte[] Metaspace() => Bytes(new JsonObject
    {
        ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
        ["model"] = Model(["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁", "l", "o", "w", "lo", "low", "▁low", "▁▁"], byteFallback: true),
    });

    public static byte[] MetaspaceAsPreTokenizer() => Bytes(new JsonObject
    {
        ["pre_tokenizer"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"""),
        ["model"] = Model(["<unk>", "<s>", "</s>", "▁", "l", "o", "w", "lo", "low", "▁low", "▁▁"], byteFallback: false),
    });

    /// <summary>A ModelProto (sentencepiece_model.proto) written field by field. Kind 1: unigram, 2: bpe.</summary>
    public static byte[] SentencePiece(int kind) => Message(model =>
    {
        string[] pieces = ["<unk>", "<s>", "</s>", "▁low", "▁l", "ow", "▁", "l", "o", "w"];
        for (var i = 0; i < pieces.Length; i++)
        {
            var type = i switch { 0 => 2, 1 or 2 => 3, _ => 1 }; // unknown, control, normal
            Field(model, 1, Message(piece =>
            {
                piece.WriteTag(1, WireFormat.WireType.LengthDelimited);
                piece.WriteString(pieces[i]);
                piece.WriteTag(2, WireFormat.WireType.Fixed32);
                piece.WriteFloat(-i);
                piece.WriteTag(3, WireFormat.WireType.Varint);
                piece.WriteEnum(type);
            }));
        }

        Field(model, 2, Message(trainer => Number(trainer, 3, kind)));
        Field(model, 3, Message(normalizer =>
        {
            foreach (var flag in new[] { 3, 4, 5 })
                Number(normalizer, flag, 1);
        }));
    });

    private static JsonObject ByteLevelFile(bool arrays)
    {
        var vocabulary = Gpt2Vocabulary();
        vocabulary.Remove("<|endoftext|>", out var end);
        return new JsonObject
        {
            // First: the vocabulary is most of the file, and mutations should not all fall there.
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = end, ["content"] = "<|endoftext|>", ["special"] = true }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["merges"] = new JsonArray([.. Merges.Select(m => arrays ? (JsonNode)new JsonArray([.. m.Split(' ').Select(t => (JsonNode)t)]) : m)]),
                ["vocab"] = Object(vocabulary),
            },
        };
    }

    private static JsonObject Model(string[] tokens, bool byteFallback) => new()
    {
        ["type"] = "BPE",
        ["unk_token"] = "<unk>",
        ["byte_fallback"] = byteFallback,
        ["fuse_unk"] = false,
        ["merges"] = new JsonArray("l o", "lo w", "▁ low", "▁ ▁"),
        ["vocab"] = Object(Numbered(tokens)),
    };

    private static Dictionary<string, int> Numbered(string[] tokens) => tokens.Select((token, i) => (token, i)).ToDictionary(pair => pair.token, pair => pair.i);

    private static JsonObject Object(Dictionary<string, int> ids) => new(ids.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    private static byte[] Bytes(JsonObject file) => Encoding.UTF8.GetBytes(file.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

    private static void Number(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }

    private static void Field(CodedOutputStream output, int number, byte[] message)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
            write(output);
        return buffer.ToArray();
    }
}
