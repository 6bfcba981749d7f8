using System.Diagnostics;
using System.Formats.Tar;
using System.Security.Cryptography;
using DyT.Config;
using DyT.Data.Tests.Images;

namespace DyT.Data.Tests;

public class DebianCorpusTests
{
    [Fact]
    public void An_installed_package_is_copied_without_a_client()
    {
        using var folder = new TempFolder();
        folder.Write("root/usr/share/small/a.gz", Pictures.Zip("A"u8.ToArray()));
        folder.Write("root/usr/share/small/b.gz", Pictures.Zip("B"u8.ToArray()));
        folder.Write("root/usr/share/small/c.gz", "not of the corpus");
        var corpus = Small(folder);
        Assert.False(corpus.IsPresent(folder["cache"]));
        var told = new List<string>();
        var files = corpus.Files(corpus.Get(folder["cache"], told.Add, default));
        Assert.Empty(told);
        Assert.Equal(["a.gz", "b.gz"], files.Select(Path.GetFileName));
        Assert.True(corpus.IsPresent(folder["cache"]));
        Directory.Delete(folder["root"], recursive: true);
        Assert.Equal(files, corpus.Files(corpus.Get(folder["cache"], null, default)));
    }

    [Fact]
    public void Files_copied_by_hand_count_however_they_are_compressed_if_they_hold_what_they_should()
    {
        using var folder = new TempFolder();
        var corpus = Small(folder);
        folder.Write("cache/corpora/small/a.gz", Pictures.Zip("A"u8.ToArray()));
        Assert.Contains("1 of 2 files", Assert.Throws<UserErrorException>(() => corpus.Get(folder["cache"], null, default)).Message, StringComparison.Ordinal);
        folder.Write("cache/corpora/small/b.gz", Pictures.Zip("C"u8.ToArray()));
        Assert.Contains("b.gz", Assert.Throws<UserErrorException>(() => corpus.Get(folder["cache"], null, default)).Message, StringComparison.Ordinal);
        folder.Write("cache/corpora/small/b.gz", "B");
        Assert.Contains("b.gz", Assert.Throws<UserErrorException>(() => corpus.Get(folder["cache"], null, default)).Message, StringComparison.Ordinal);
        folder.Write("cache/corpora/small/b.gz", Pictures.Zip("B"u8.ToArray()));
        Assert.Equal(folder["cache", "corpora", "small"], corpus.Get(folder["cache"], null, default));
    }

    [Fact]
    public void Wanted_files_are_taken_out_of_a_package()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/dpkg-deb"), "There is no dpkg-deb here.");
        using var folder = new TempFolder();
        folder.Write("package/usr/share/small/a.gz", "A");
        folder.Write("package/usr/share/doc/a.gz", "other");
        folder.Write("package/DEBIAN/control", "Package: small\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n");
        using (var build = Process.Start(new ProcessStartInfo("dpkg-deb", ["--build", folder["package"], folder["small.deb"]]) { RedirectStandardOutput = true })!) build.WaitForExit();
        Directory.CreateDirectory(folder["out"]);
        DebianPackage.Extract(folder["small.deb"], name => name == "usr/share/small/a.gz", folder["out"], 10, "advice", default);
        Assert.Equal("A", File.ReadAllText(Assert.Single(Directory.GetFiles(folder["out"]))));
        var error = Assert.Throws<UserErrorException>(() => DebianPackage.Extract(folder.Write("bad.deb", "no package"), _ => true, folder["out"], 10, "do something else", default));
        Assert.Contains("bad.deb", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("do something else.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_is_not_there_gives_a_sentence_with_what_to_do()
    {
        using var folder = new TempFolder();
        var client = new PackageClient("no-such-client", "fetches x", "install it", "copy x here");
        Assert.Equal("no-such-client, which fetches x, is not on this machine: install it, or copy x here.", Assert.Throws<UserErrorException>(() => client.Run(folder.Path, null, [], default)).Message);
    }

    [Fact]
    public void A_tar_archive_that_is_not_compressed_is_read_with_the_same_bounds()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["out"]);
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, leaveOpen: true))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./../../evil") { DataStream = new MemoryStream("EVIL"u8.ToArray()) });
        archive.Position = 0;
        Assert.Contains("more than 3", Assert.Throws<UserErrorException>(() => Tarball.Extract(archive, "x.deb", _ => true, folder["out"], 3, default)).Message, StringComparison.Ordinal);
        archive.Position = 0;
        Assert.Equal(1, Tarball.Extract(archive, "x.deb", _ => true, folder["out"], 4, default));
        Assert.True(File.Exists(folder["out", "evil"]));
    }

    private static DebianCorpus Small(TempFolder folder) => new("small", "none", "usr/share/small", new Dictionary<string, string>
    {
        ["a.gz"] = Convert.ToHexStringLower(SHA256.HashData("A"u8)),
        ["b.gz"] = Convert.ToHexStringLower(SHA256.HashData("B"u8)),
    })
    { InstalledUnder = folder["root"] };
}
