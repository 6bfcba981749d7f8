using System.Text;
using System.Text.Json;
using DyT.Config;
using DyT.Data;
using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Tokenizers' files. What was read is used on a short text too: a damaged vocabulary must not break there either.</summary>
internal static class TokenizerTargets
{
    private const string Text = "low lower é 12\n\U0001F600 x";

    public static IEnumerable<FuzzTarget> All() =>
    [
        OneFile("tokenizer.json, byte-level", "huggingface", HuggingFaceFile.FileName, [TokenizerSeeds.ByteLevel(arrays: false), TokenizerSeeds.ByteLevel(arrays: true), TokenizerSeeds.Split()], HuggingFaceFile.Load),
        OneFile("tokenizer.json, metaspace", "metaspace", HuggingFaceFile.FileName, [TokenizerSeeds.Metaspace(), TokenizerSeeds.MetaspaceAsPreTokenizer()], HuggingFaceFile.Load),
        Gpt2("gpt2 vocabulary", Gpt2Files.Encoder, [JsonSerializer.SerializeToUtf8Bytes(TokenizerSeeds.Gpt2Vocabulary())]),
        Gpt2("gpt2 merges", Gpt2Files.Merges, [TokenizerSeeds.Gpt2Merges()]),
        OneFile("sentencepiece model", "sentencepiece", SentencePieceFile.FileName, [TokenizerSeeds.SentencePiece(1), TokenizerSeeds.SentencePiece(2)], SentencePieceFile.Load) with { Syntax = Syntax.Binary },
        Descriptor(),
    ];

    private static FuzzTarget OneFile(string name, string folder, string file, IReadOnlyList<byte[]> seeds, Func<string, ITokenizer> load)
    {
        var path = Path.Combine(Scratch.Folder(folder), file);
        return Target(name, seeds, path, () => load(path));
    }

    private static FuzzTarget Gpt2(string name, string altered, IReadOnlyList<byte[]> seeds)
    {
        var folder = Scratch.Folder(name);
        File.WriteAllBytes(Path.Combine(folder, Gpt2Files.Encoder), JsonSerializer.SerializeToUtf8Bytes(TokenizerSeeds.Gpt2Vocabulary()));
        File.WriteAllBytes(Path.Combine(folder, Gpt2Files.Merges), TokenizerSeeds.Gpt2Merges());
        // The other file's bytes count as input too.
        return Target(name, seeds, Path.Combine(folder, altered), () => Gpt2Files.Load(folder)) with { BaseMemory = 2 << 20 };
    }

    private static FuzzTarget Descriptor()
    {
        var folder = Scratch.Folder("descriptor");
        var path = Path.Combine(folder, TokenizerStore.DescriptorFile);
        byte[] Saved(ITokenizer tokenizer)
        {
            tokenizer.Save(folder);
            return File.ReadAllBytes(path);
        }

        return Target("tokenizer descriptor", [Saved(new CharsTokenizer(Text.EnumerateRunes())), Saved(new BytesTokenizer())], path, () => TokenizerStore.Load(folder));
    }

    private static FuzzTarget Target(string name, IReadOnlyList<byte[]> seeds, string path, Func<ITokenizer> load) => new(name, seeds, bytes =>
    {
        File.WriteAllBytes(path, bytes);
        var tokenizer = load();
        var tokens = tokenizer.Encode(Text);
        Assert.All(tokens, t => Assert.InRange(t, 0, tokenizer.VocabSize - 1));
        Assert.NotNull(tokenizer.Decode(tokens));
        Assert.NotNull(tokenizer.Decode([-1, tokenizer.VocabSize, int.MaxValue]));
        return true;
    })
    {
        Syntax = Syntax.Text, Allowed = typeof(UserErrorException), BaseMemory = 1 << 20, MemoryPerByte = 512,
    };
}
