using DyT.Config;

namespace DyT.Data.Tests;

public class TokenizerStoreTests
{
    [Theory]
    [InlineData(TokenizerKind.Chars), InlineData(TokenizerKind.Bytes), InlineData(TokenizerKind.Gpt2), InlineData(TokenizerKind.Huggingface), InlineData(TokenizerKind.Sentencepiece)]
    public void A_saved_tokenizer_is_the_same_when_loaded(TokenizerKind kind)
    {
        using var folder = new TempFolder();
        var tokenizer = Make(kind, folder);
        tokenizer.Save(folder["saved"]);
        var loaded = TokenizerStore.Load(folder["saved"]);
        Assert.Equal((tokenizer.Kind, tokenizer.VocabSize, tokenizer.VocabHash, tokenizer.EndOfText), (loaded.Kind, loaded.VocabSize, loaded.VocabHash, loaded.EndOfText));
        Assert.Equal(kind, loaded.Kind);
        Assert.Equal(tokenizer.Encode("low low"), loaded.Encode("low low"));
        Assert.DoesNotContain(Directory.GetFiles(folder["saved"]), path => path.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "format version 2")]
    [InlineData("\"kind\": \"chars\"", "\"kind\": \"words\"", "no tokenizer kind 'words'")]
    [InlineData("\"characters\": \"", "\"characters\": \"z", "altered")]
    [InlineData("dyt tokenizer", "other", "format is")]
    [InlineData("{", "", "not valid JSON")]
    [InlineData("\"vocab_size\"", "\"size\"", "vocab_size is missing")]
    [InlineData("\"characters\": \"", "\"characters\": \"\\ud800", "not valid Unicode")]
    public void A_damaged_descriptor_gives_a_sentence(string what, string by, string expected)
    {
        using var folder = new TempFolder();
        Make(TokenizerKind.Chars, folder).Save(folder.Path);
        var path = folder[TokenizerStore.DescriptorFile];
        var altered = File.ReadAllText(path).Replace(what, by, StringComparison.Ordinal);
        Assert.NotEqual(File.ReadAllText(path), altered);
        File.WriteAllText(path, altered);
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => TokenizerStore.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_gives_a_sentence()
    {
        using var folder = new TempFolder();
        Assert.Contains("no tokenizer descriptor", Assert.Throws<UserErrorException>(() => TokenizerStore.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TokenizerKind.Huggingface), InlineData(TokenizerKind.Sentencepiece)]
    public void A_kind_that_needs_a_file_says_so(TokenizerKind kind)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<UserErrorException>(() => TokenizerFiles.Locate(new TokenizerConfig { Kind = kind }, folder.Path, null, default));
        Assert.Contains("data.tokenizer.path", error.Message, StringComparison.Ordinal);
    }

    private static ITokenizer Make(TokenizerKind kind, TempFolder folder) => kind switch
    {
        TokenizerKind.Chars => new CharsTokenizer("low \n".EnumerateRunes()),
        TokenizerKind.Bytes => new BytesTokenizer(),
        TokenizerKind.Gpt2 => Gpt2Files.Load(TinyBpe.WriteGpt2(folder["bpe"])),
        TokenizerKind.Huggingface => HuggingFaceFile.Load(folder.Write("t.json", HuggingFaceTests.ByteLevel().ToJsonString())),
        _ => SentencePieceFile.Load(folder.Write("m.model", SentencePieceTests.Model(2))),
    };
}
