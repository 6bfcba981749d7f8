using System.Text;
using CsCheck;

namespace DyT.Data.Tests;

public sealed class TokenTextTests
{
    [Fact]
    public void The_pieces_are_the_text_of_all_tokens_and_nothing_is_taken_back() =>
        Gen.Int[0, 255].Array[0, 40].Sample(tokens => Check(new BytesTokenizer(), tokens));

    [Fact]
    public void Text_comes_out_whole() =>
        Choose.From("é", "a", "漢", "😀", "\uFFFD", " ").Array[0, 20].Sample(parts =>
        {
            var text = string.Concat(parts);
            Assert.Equal(text, Check(new BytesTokenizer(), new BytesTokenizer().Encode(text)));
        });

    [Fact]
    public void A_character_is_held_back_until_its_last_byte()
    {
        var text = new TokenText(new BytesTokenizer());
        Assert.Equal(["", "", "", "😀", ""], Encoding.UTF8.GetBytes("😀\u00e9")[..5].Select(b => text.Add(b)));
        Assert.Equal("\uFFFD", text.End());
        Assert.Equal("", text.End());
    }

    private static string Check(ITokenizer tokenizer, int[] tokens)
    {
        var (text, soFar) = (new TokenText(tokenizer), new StringBuilder());
        foreach (var token in tokens)
            soFar.Append(text.Add(token));
        soFar.Append(text.End());
        Assert.Equal(tokenizer.Decode(tokens), soFar.ToString());
        return soFar.ToString();
    }
}
