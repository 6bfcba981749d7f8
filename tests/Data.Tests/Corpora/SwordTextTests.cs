using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DyT.Config;

namespace DyT.Data.Tests;

public class SwordTextTests
{
    [Theory]
    [InlineData("In the <w lemma=\"strong:H7225\">beginning</w>, <w>God</w><note placement=\"foot\">The <b>word</b>, so.</note><w>created</w>.", "In the beginning, God created.")]
    [InlineData("He came<note>x</note>, and\n   saw <title>A psalm</title>“it <note>y</note>”", "He came, and saw “it”")]
    [InlineData("Amen.<chapter eID=\"Rev.22\"/> A glossary follows.", "Amen.")]
    [InlineData("a &lt; b &amp;lt; c", "a < b &lt; c")]
    [InlineData("<title>only</title>", "")]
    public void A_verse_is_its_text_alone(string osis, string text) => Assert.Equal(text, OsisText.Plain(osis));

    [Fact]
    public void Verses_are_numbered_by_their_place_after_the_chapters_entry()
    {
        using var folder = new TempFolder();
        Write(folder, "m", ["", "<chapter osisID=\"Gen.1\" sID=\"Gen.1\"/>", "one", "", "three", "<chapter n=\"2\" osisID=\"Gen.2\"/> intro", "uno"], ["before any chapter", "<chapter osisID=\"Matt.1\"/>", "é"]);
        Assert.Equal([("Gen.1.1", "one"), ("Gen.1.3", "three"), ("Gen.2.1", "uno"), ("Matt.1.1", "é")], SwordText.Verses(folder["m"]));
    }

    [Fact]
    public void The_corpus_joins_the_verses_that_both_have_and_is_checked()
    {
        using var folder = new TempFolder();
        string[] intro = ["<chapter osisID=\"Gen.1\"/>"];
        Write(folder, "root/usr/share/sword/modules/texts/ztext/en", [.. intro, "one", "two", "three", "<note>none</note>"], []);
        Write(folder, "root/usr/share/sword/modules/texts/ztext/es", [.. intro, "uno", "", "tres", "cuatro"], []);
        const string Lines = "one\tuno\nthree\ttres\n";
        BibleCorpus Corpus(string hash) => new("x", ("none", "en"), ("none", "es"), hash) { InstalledUnder = folder["root"] };
        var corpus = Corpus(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Lines))));
        Assert.Equal(Lines, File.ReadAllText(Assert.Single(corpus.Files(corpus.Get(folder["cache"], null, default)))));
        Assert.Contains("not the ones expected", Assert.Throws<UserErrorException>(() => Corpus(new string('0', 64)).Get(folder["other"], null, default)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ot.bzv", 5)] // no whole row
    [InlineData("ot.bzs", 7)]
    [InlineData("ot.bzz", 3)] // the block ends too early
    public void A_file_that_is_cut_short_is_named(string name, int bytes)
    {
        using var folder = new TempFolder();
        Write(folder, "m", ["<chapter osisID=\"Gen.1\"/>", "one"], []);
        var path = folder["m", name];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..bytes]);
        Assert.Contains("damaged", Assert.Throws<UserErrorException>(() => SwordText.Verses(folder["m"]).ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_named_corpus_is_as_known_where_it_has_been_fetched()
    {
        var cache = RepositoryCache.Path;
        Assert.SkipUnless(cache is not null && Corpora.IsPresent(Corpora.BibleEnEs, cache), "bible-en-es is not in the cache: ./dyt data get bible-en-es");
        var lines = File.ReadAllLines(Corpora.Pairs(Corpora.BibleEnEs, cache!, null, default).File);
        Assert.Equal(31_077, lines.Length);
        Assert.Equal("In the beginning, God created the heavens and the earth.\tEN el principio crió Dios los cielos y la tierra.", lines[0]);
    }

    internal static void Write(TempFolder folder, string module, string[] old, string[] @new)
    {
        foreach (var (name, entries) in new[] { ("ot", old), ("nt", @new) })
        {
            var block = entries.SelectMany(Encoding.UTF8.GetBytes).ToArray();
            using var packed = new MemoryStream();
            using (var zip = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zip.Write(block);
            var blocks = new byte[12];
            BinaryPrimitives.WriteInt32LittleEndian(blocks.AsSpan(4), (int)packed.Length);
            BinaryPrimitives.WriteInt32LittleEndian(blocks.AsSpan(8), block.Length);
            var verses = new byte[10 * entries.Length];
            for (var (i, at) = (0, 0); i < entries.Length; i++)
            {
                var size = Encoding.UTF8.GetByteCount(entries[i]);
                BinaryPrimitives.WriteInt32LittleEndian(verses.AsSpan(10 * i + 4), at);
                BinaryPrimitives.WriteUInt16LittleEndian(verses.AsSpan(10 * i + 8), (ushort)size);
                at += size;
            }

            folder.Write($"{module}/{name}.bzs", blocks);
            folder.Write($"{module}/{name}.bzv", verses);
            folder.Write($"{module}/{name}.bzz", packed.ToArray());
        }
    }
}
