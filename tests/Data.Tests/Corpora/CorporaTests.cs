using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using DyT.Config;

namespace DyT.Data.Tests;

public class CorporaTests
{
    [Fact]
    public void The_sdk_documentation_becomes_distinct_documents_of_ascii_prose()
    {
        Assert.SkipUnless(DotnetPack.TryFind() is not null, "There is no .NET SDK with reference packs here.");
        using var folder = new TempFolder();
        Assert.False(Corpora.IsPresent(Corpora.DotnetDocs, folder.Path));
        var corpus = Corpora.Get(Corpora.DotnetDocs, folder.Path);
        Assert.Equal(corpus, Corpora.Get(Corpora.DotnetDocs, folder.Path));
        Assert.True(Corpora.IsPresent(Corpora.DotnetDocs, folder.Path));
        var file = Path.Combine(corpus, DotnetDocsCorpus.FileName);
        var documents = JsonlDocuments.Read(file, "text").ToList();
        Assert.InRange(documents.Sum(d => (long)d.Length), 1_000_000, 100_000_000);
        Assert.Equal(documents.Count, documents.Distinct().Count());
        Assert.InRange(documents.SelectMany(d => d).Distinct().Count(), 60, 96);
    }

    [Fact]
    public void The_newest_pack_with_documentation_is_taken()
    {
        using var folder = new TempFolder();
        folder.Write("packs/Microsoft.NETCore.App.Ref/9.0.11/ref/net9.0/A.xml", "x");
        folder.Write("packs/Microsoft.NETCore.App.Ref/10.0.2/ref/net10.0/B.xml", "x");
        folder.Write("packs/Microsoft.NETCore.App.Ref/11.0.0/ref/net11.0/A.dll", "x");
        var pack = DotnetPack.In(folder.Path)!;
        Assert.Equal(new Version(10, 0, 2), pack.Version);
        Assert.EndsWith("B.xml", Assert.Single(pack.Files), StringComparison.Ordinal);
        Assert.Null(DotnetPack.In(folder["none"]));
    }

    [Fact]
    public void An_unknown_corpus_gives_the_known_names()
    {
        using var folder = new TempFolder();
        Assert.Contains("moby-dick", Assert.Throws<UserErrorException>(() => Corpora.Get("moby", folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_not_the_ones_expected_are_refused_before_anything_is_fetched()
    {
        using var folder = new TempFolder();
        folder.Write("corpora/moby-dick/data.txt", "Call me Ahab.");
        Assert.False(Corpora.IsPresent(Corpora.MobyDick, folder.Path));
        Assert.Contains("not the ones expected", Assert.Throws<UserErrorException>(() => Corpora.Get(Corpora.MobyDick, folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_copied_by_hand_count_when_their_hash_is_right_and_no_longer_when_they_shrink()
    {
        using var folder = new TempFolder();
        var corpus = new NpmCorpus("small", "none@0", "package", name => name.EndsWith(".txt", StringComparison.Ordinal), 2,
            // SHA-256("abc")
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        folder.Write("corpora/small/2.txt", "bc");
        folder.Write("corpora/small/1.txt", "a");
        Assert.False(corpus.IsPresent(folder.Path));
        Assert.Equal(folder["corpora", "small"], corpus.Get(folder.Path, null, default));
        Assert.True(corpus.IsPresent(folder.Path));
        folder.Write("corpora/small/2.txt", "b");
        Assert.False(corpus.IsPresent(folder.Path));
    }

    [Fact]
    public void Only_wanted_files_leave_an_archive_and_none_leaves_the_folder()
    {
        using var folder = new TempFolder();
        var archive = Archive(folder, ("package/data/a.txt", "A"), ("package/data/b.json", "B"), ("package/data/../../../evil.txt", "E"));
        Directory.CreateDirectory(folder["out"]);
        Assert.Equal(2, Tarball.Extract(archive, name => name.EndsWith(".txt", StringComparison.Ordinal), folder["out"], 10, default));
        Assert.Equal(["a.txt", "evil.txt"], Directory.GetFiles(folder["out"]).Select(Path.GetFileName).Order());
        Assert.False(File.Exists(folder["evil.txt"]));
    }

    [Fact]
    public void Archives_that_are_too_large_or_damaged_give_a_sentence()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["out"]);
        var archive = Archive(folder, ("package/a.txt", new string('x', 100)));
        Assert.Contains("100 bytes, more than 99", Assert.Throws<UserErrorException>(() => Tarball.Extract(archive, _ => true, folder["out"], 99, default)).Message, StringComparison.Ordinal);
        Assert.Throws<UserErrorException>(() => Tarball.Extract(folder.Write("b.tgz", "no archive"), _ => true, folder["out"], 99, default));
        Assert.Throws<UserErrorException>(() => Tarball.Extract(folder.Write("c.tgz", File.ReadAllBytes(archive)[..40]), _ => true, folder["out"], 1000, default));
    }

    private static string Archive(TempFolder folder, params (string Name, string Content)[] files)
    {
        using var stream = File.Create(folder["a.tgz"]);
        using var compressed = new GZipStream(stream, CompressionLevel.Fastest);
        using var tar = new TarWriter(compressed);
        foreach (var (name, content) in files)
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        return folder["a.tgz"];
    }
}
