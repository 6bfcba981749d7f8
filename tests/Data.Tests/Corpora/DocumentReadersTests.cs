using System.Text;
using CsCheck;
using DyT.Config;
using Parquet;
using Parquet.Schema;

namespace DyT.Data.Tests;

public class DocumentReadersTests
{
    [Fact]
    public void A_folder_gives_its_files_documents_in_ordinal_order()
    {
        using var folder = new TempFolder();
        folder.Write("in/b.txt", "\uFEFFtwo");
        folder.Write("in/a/x.jsonl", "{\"text\":\"one\"}\r\n\n{\"other\":1,\"text\":\"and\\u00e9 half\"}");
        folder.Write("in/c.md", "not text");
        folder.Write("in/d.TXT", "three");
        folder.Write("in/e.txt", "");
        var source = DocumentSource.Resolve(new DataConfig { Source = folder["in"], Cache = folder["cache"] }, null, default);
        Assert.Equal(["one", "andé half", "two", "three"], source.Documents(default));
        Assert.Equal(source.Documents(default), source.Documents(default));
    }

    [Fact]
    public void Lines_of_any_length_come_whole() =>
        Gen.Int[0, 200_000].Array[1, 5].Sample(lengths =>
        {
            using var folder = new TempFolder();
            var path = folder.Write("a.jsonl", string.Join('\n', lengths.Select(n => $"{{\"text\":\"{new string('x', n)}\"}}")));
            Assert.Equal(lengths, JsonlDocuments.Read(path, "text").Select(text => text.Length));
        }, iter: 20);

    [Theory]
    [InlineData("{\"text\":\"a\"}\n{\"body\":\"b\"}", ":2: there is no field 'text' (it has 'body')")]
    [InlineData("\n\n{\"text\":5}", ":3: the field 'text' is not a string")]
    [InlineData("[1]", ":1: the line is not a JSON object")]
    [InlineData("{\"text\":\"a\"", ":1: the line is not valid JSON")]
    [InlineData("{\"text\":\"\\ud800\"}", ":1: the line is not valid JSON in UTF-8")]
    public void A_bad_line_is_named_with_its_place(string content, string expected)
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.jsonl", content);
        Assert.Contains(path + expected, Assert.Throws<UserErrorException>(() => JsonlDocuments.Read(path, "text").ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_not_utf8_is_named_with_its_place()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.jsonl", [.. Encoding.UTF8.GetBytes("{\"text\":\""), 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\"}")]);
        Assert.Contains(path + ":1", Assert.Throws<UserErrorException>(() => JsonlDocuments.Read(path, "text").ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_string_column_is_read_over_row_groups()
    {
        using var folder = new TempFolder();
        var path = await WriteParquet(folder);
        Assert.Equal(["a", "é", "c", "d"], ParquetDocuments.Read(path, "text", default));
        Assert.Contains("it has 'text', 'number'", Assert.Throws<UserErrorException>(() => ParquetDocuments.Read(path, "body", default).ToList()).Message, StringComparison.Ordinal);
        Assert.Contains("not a column of strings", Assert.Throws<UserErrorException>(() => ParquetDocuments.Read(path, "number", default).ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_parquet_gives_a_sentence_or_texts_never_anything_else()
    {
        using var folder = new TempFolder();
        var whole = await File.ReadAllBytesAsync(await WriteParquet(folder));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Bool).Sample((at, value, cut) =>
        {
            using var inner = new TempFolder();
            var bytes = cut ? whole[..at] : (byte[])whole.Clone();
            if (!cut) bytes[at] = value;
            try
            {
                Assert.NotNull(ParquetDocuments.Read(inner.Write("a.parquet", bytes), "text", TimeSpan.FromSeconds(3), default).ToList());
            }
            catch (UserErrorException e)
            {
                Assert.Contains("a.parquet", e.Message, StringComparison.Ordinal);
            }
        }, iter: 300);
    }

    private static async Task<string> WriteParquet(TempFolder folder)
    {
        var text = new DataField<string>("text");
        var number = new DataField<int>("number");
        await using var stream = File.Create(folder["a.parquet"]);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(text, number), stream);
        foreach (var texts in new[] { new[] { "a", "é", null }, ["c", "d", null] })
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(text, texts!);
            await group.WriteAsync<int>(number, new[] { 1, 2, 3 }.AsMemory());
        }

        return folder["a.parquet"];
    }
}
