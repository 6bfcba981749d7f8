using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using DyT.Config;
using DyT.Data;
using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Files that texts are taken from, archives that they come in, and the manifest of what was prepared from them.</summary>
internal static class DocumentTargets
{
    private const string Field = "text";

    public static IEnumerable<FuzzTarget> All() => [Lines(), Documentation(), Archive(), Prepared()];

    private static FuzzTarget Lines()
    {
        var path = Path.Combine(Scratch.Folder("jsonl"), "x.jsonl");
        return new("jsonl documents", [Bytes("{\"text\":\"one\"}\r\n\n{\"other\":1,\"text\":\"and\\u00e9 half\"}"), Bytes("\uFEFF{\"text\":\"\\ud83d\\ude00\"}\n")], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            Assert.All(JsonlDocuments.Read(path, Field), Assert.NotNull);
            return true;
        })
        {
            Syntax = Syntax.Text, Allowed = typeof(UserErrorException), BaseMemory = 1 << 19, // two buffers of 64 KiB
        };
    }

    private static FuzzTarget Documentation() => new("xml documentation", [Bytes("""
        <?xml version="1.0" encoding="utf-8"?>
        <doc><members>
          <member name="M:A.B.C(System.Int32)"><summary>Says <see cref="T:A.B`1" /> and <paramref name="x" />.</summary><param name="x">One &amp; two.</param>
          <remarks><para>More.</para><code>int x;</code><![CDATA[raw]]></remarks></member>
        </members></doc>
        """)], bytes =>
        {
            using var stream = new MemoryStream(bytes);
            Assert.All(DocumentationProse.Read(stream, "x.xml"), Assert.NotNull);
            return true;
        })
    {
        Syntax = Syntax.Text, Allowed = typeof(UserErrorException), BaseMemory = 1 << 19, MemoryPerByte = 512, LargestInput = 1 << 18,
    };

    /// <summary>The archive inside its compression: altered compressed bytes would end at the compression's own checks.</summary>
    private static FuzzTarget Archive()
    {
        var folder = Scratch.Folder("tar");
        var (archive, target) = (Path.Combine(folder, "x.tgz"), Path.Combine(folder, "out"));
        return new("tar archive", [Tar(TarEntryFormat.Ustar), Tar(TarEntryFormat.Pax), Tar(TarEntryFormat.Gnu)], bytes =>
        {
            if (AsksForMemory(bytes))
                return false;
            using (var zip = new GZipStream(File.Create(archive), CompressionLevel.NoCompression))
                zip.Write(MendTar(bytes));
            var before = Directory.GetFileSystemEntries(folder).Length;
            Directory.CreateDirectory(target);
            try
            {
                return Tarball.Extract(archive, name => name.EndsWith("txt", StringComparison.Ordinal), target, 1 << 20, CancellationToken.None) >= 0;
            }
            finally
            {
                // Whatever an archive names, nothing may stand outside the folder, nor a folder inside it.
                Assert.Empty(Directory.GetDirectories(target));
                Directory.Delete(target, recursive: true);
                Assert.Equal(before, Directory.GetFileSystemEntries(folder).Length);
            }
        })
        {
            Allowed = typeof(UserErrorException), LargestInput = 1 << 15, BaseMemory = 1 << 20,
        };
    }

    private static FuzzTarget Prepared()
    {
        var folder = new PreparedFolder(Scratch.Folder("prepared"));
        var tokenizer = new BytesTokenizer();
        tokenizer.Save(folder.TokenizerFolder);
        var (train, validation) = (Shard(folder.Train, tokenizer), Shard(folder.Validation, tokenizer));
        folder.WriteManifest(train, validation, 3);
        return new("prepared data's manifest", [File.ReadAllBytes(folder.Manifest)], bytes =>
        {
            File.WriteAllBytes(folder.Manifest, bytes);
            return folder.Open().Folder.Length > 0;
        })
        {
            Syntax = Syntax.Text, Allowed = typeof(UserErrorException), BaseMemory = 1 << 20,
        };
    }

    private static string Shard(string path, BytesTokenizer tokenizer)
    {
        using var writer = new TokenShardWriter(path, tokenizer.VocabSize, tokenizer.VocabHash);
        writer.Append([1, 2, 3]);
        return writer.Complete();
    }

    private static byte[] Tar(TarEntryFormat format)
    {
        using var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, format, leaveOpen: true))
        {
            foreach (var name in new[] { "package/a.txt", "package/other.md", "package/" + new string('n', 120) + ".txt" }.Take(format == TarEntryFormat.Ustar ? 2 : 3))
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    _ => new PaxTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(Bytes("text"));
                tar.WriteEntry(entry);
            }
        }

        return buffer.ToArray();
    }

    // A long name's or extended header's length is believed by the library (System.Formats.Tar), up to 2 GiB, and no reader in front of it could tell
    // without reading tar itself. npm checks an archive's hash before it is opened, so such inputs are left out here.
    private static bool AsksForMemory(byte[] bytes)
    {
        for (var at = 0; at + 512 <= bytes.Length; at += 512)
        {
            if (bytes[at + 156] is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' && !bytes.AsSpan(at + 124, 6).SequenceEqual("000000"u8))
                return true;
        }

        return false;
    }

    /// <summary>Corrects the checksum of every header that may be one, so that altered fields are believed; half of the inputs only.</summary>
    private static byte[] MendTar(byte[] bytes)
    {
        const int block = 512, checksum = 148, digits = 8;
        for (var at = 0; (bytes.Length & 1) == 0 && at + block <= bytes.Length; at += block)
        {
            var header = bytes.AsSpan(at, block);
            if (!header.Slice(257, 5).SequenceEqual("ustar"u8))
                continue;
            header.Slice(checksum, digits).Fill((byte)' ');
            var sum = 0;
            foreach (var b in header)
                sum += b;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[checksum..]);
        }

        return bytes;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
