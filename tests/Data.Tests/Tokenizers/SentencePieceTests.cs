using CsCheck;
using DyT.Config;
using Google.Protobuf;

namespace DyT.Data.Tests;

public class SentencePieceTests
{
    private enum Piece { Normal = 1, Unknown = 2, Control = 3 }

    [Theory]
    [InlineData(1), InlineData(2)]
    public void A_model_of_either_kind_finds_its_pieces_and_gives_the_text_back(int kind)
    {
        using var folder = new TempFolder();
        var tokenizer = SentencePieceFile.Load(folder.Write("m.model", Model(kind)));
        // Pieces: 0 <unk> 1 <s> 2 </s> 3 ▁low 4 ▁l 5 ow 6 ▁ 7 l 8 o 9 w
        Assert.Equal([3, 3], tokenizer.Encode("low low"));
        Assert.Equal("low low", tokenizer.Decode([3, 3]));
        Assert.Equal((10, 2), (tokenizer.VocabSize, tokenizer.EndOfText));
        Assert.Empty(tokenizer.Encode(""));
        Assert.Equal([4], tokenizer.Encode("l"));
        Assert.Equal([0], tokenizer.Encode("é").Where(token => token != 6));
        Assert.EndsWith("\uFFFD", tokenizer.Decode([3, 99]), StringComparison.Ordinal);
        Choose.From("low", "l", "o", "w", "wow").Array[1, 8].Select(words => string.Join(' ', words)).Sample(text =>
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text))), iter: 100);
    }

    [Fact]
    public void Damaged_bytes_give_a_sentence_or_a_tokenizer_never_anything_else()
    {
        var whole = Model(2);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Bool).Sample((at, value, cut) =>
        {
            using var folder = new TempFolder();
            var bytes = cut ? whole[..at] : (byte[])whole.Clone();
            if (!cut) bytes[at] = value;
            try
            {
                Assert.InRange(SentencePieceFile.Load(folder.Write("m.model", bytes)).VocabSize, 1, BpeVocabulary.MaxSize);
            }
            catch (UserErrorException e)
            {
                Assert.Contains("m.model", e.Message, StringComparison.Ordinal);
            }
        }, iter: 300);
    }

    /// <summary>A ModelProto (sentencepiece_model.proto) written field by field. Kind 1: unigram, 2: bpe.</summary>
    internal static byte[] Model(int kind) => Message(model =>
    {
        (string Text, float Score, Piece Type)[] pieces =
        [
            ("<unk>", 0, Piece.Unknown), ("<s>", 0, Piece.Control), ("</s>", 0, Piece.Control),
            ("▁low", -1, Piece.Normal), ("▁l", -2, Piece.Normal), ("ow", -1.5f, Piece.Normal),
            ("▁", -5, Piece.Normal), ("l", -6, Piece.Normal), ("o", -7, Piece.Normal), ("w", -8, Piece.Normal),
        ];
        foreach (var (text, score, type) in pieces)
        {
            Field(model, 1, Message(piece =>
            {
                piece.WriteTag(1, WireFormat.WireType.LengthDelimited);
                piece.WriteString(text);
                piece.WriteTag(2, WireFormat.WireType.Fixed32);
                piece.WriteFloat(score);
                piece.WriteTag(3, WireFormat.WireType.Varint);
                piece.WriteEnum((int)type);
            }));
        }

        Field(model, 2, Message(trainer =>
        {
            trainer.WriteTag(3, WireFormat.WireType.Varint);
            trainer.WriteEnum(kind);
        }));
        Field(model, 3, Message(normalizer =>
        {
            foreach (var flag in new[] { 3, 4, 5 })
            {
                normalizer.WriteTag(flag, WireFormat.WireType.Varint);
                normalizer.WriteBool(true);
            }
        }));
    });

    private static void Field(CodedOutputStream output, int number, byte[] message)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true)) write(output);
        return buffer.ToArray();
    }
}
