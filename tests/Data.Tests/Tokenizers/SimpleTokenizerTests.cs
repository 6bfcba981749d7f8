using System.Text;
using CsCheck;
using DyT.Config;

namespace DyT.Data.Tests;

public class SimpleTokenizerTests
{
    [Fact]
    public void Characters_come_back_and_are_numbered_in_order() =>
        Gen.String[Gen.Char.AlphaNumeric, 1, 50].Sample(text =>
        {
            var tokenizer = new CharsTokenizer((text + "é\U0001F600").EnumerateRunes());
            var tokens = tokenizer.Encode(text + "\U0001F600");
            Assert.Equal(text + "\U0001F600", tokenizer.Decode(tokens));
            Assert.Equal(text.Length + 1, tokens.Length);
            Assert.Equal(tokenizer.VocabSize - 1, tokens[^1]);
            Assert.Equal(text.Distinct().Order().ToList().IndexOf(text[0]), tokens[0]);
        });

    [Fact]
    public void A_character_outside_the_vocabulary_is_named()
    {
        var tokenizer = new CharsTokenizer("abc".EnumerateRunes());
        Assert.Contains("'é' (U+00E9) at position 2", Assert.Throws<UserErrorException>(() => tokenizer.Encode("abé")).Message, StringComparison.Ordinal);
        Assert.Contains("U+000A", Assert.Throws<UserErrorException>(() => tokenizer.Encode("\n")).Message, StringComparison.Ordinal);
        Assert.Contains("U+D800", Assert.Throws<UserErrorException>(() => tokenizer.Encode("a\uD800")).Message, StringComparison.Ordinal);
        Assert.Throws<UserErrorException>(() => new CharsTokenizer([]));
    }

    [Fact]
    public void Bytes_are_the_utf8_of_any_text() =>
        Gen.String.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))).Sample(text =>
        {
            var tokenizer = new BytesTokenizer();
            var tokens = tokenizer.Encode(text);
            Assert.Equal(Encoding.UTF8.GetBytes(text).Select(b => (int)b), tokens);
            Assert.Equal(text, tokenizer.Decode(tokens));
        });

    [Fact]
    public void Numbers_that_are_no_tokens_and_broken_utf8_become_replacement_characters()
    {
        Assert.Equal("a\uFFFDb", new BytesTokenizer().Decode(['a', 0xC3, 'b']));
        Assert.Equal("a\uFFFD\uFFFD", new BytesTokenizer().Decode(['a', 256, -1]));
        Assert.Equal("b\uFFFD\uFFFD", new CharsTokenizer("ab".EnumerateRunes()).Decode([1, 2, -1]));
    }

    [Fact]
    public void Vocabulary_hashes_differ_exactly_when_vocabularies_do()
    {
        var abc = new CharsTokenizer("abc".EnumerateRunes()).VocabHash;
        Assert.Matches("^[0-9a-f]{64}$", abc);
        Assert.Equal(abc, new CharsTokenizer("cbaabc".EnumerateRunes()).VocabHash);
        Assert.NotEqual(abc, new CharsTokenizer("abd".EnumerateRunes()).VocabHash);
        Assert.NotEqual(abc, new BytesTokenizer().VocabHash);
    }
}
