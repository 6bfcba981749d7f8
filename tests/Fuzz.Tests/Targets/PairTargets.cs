using System.Text;
using DyT.Config;
using DyT.Data;
using DyT.Data.Pairs;
using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Aligned texts, Bible modules, and what is prepared from them.</summary>
internal static class PairTargets
{
    public static IEnumerable<FuzzTarget> All() => [Lines(), Module(), Markup(), Manifest()];

    private static FuzzTarget Lines()
    {
        var path = Path.Combine(Scratch.Folder("pairs"), "x.tsv");
        return new("aligned lines", [Bytes("one\tuno\r\n\ntwo\tdos"), Bytes("\uFEFFa \té\n")], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            Assert.All(new PairSource(path, [path], false, "").Read(default), pair => Assert.True(pair.Source.Length > 0 && pair.Target.Length > 0));
            return true;
        })
        { Syntax = Syntax.Text, Allowed = typeof(UserErrorException), BaseMemory = 1 << 19 };
    }

    /// <summary>The two indexes of a module in one input, one after the other; the compressed text behind them is right.</summary>
    private static FuzzTarget Module()
    {
        var folder = Scratch.Folder("sword");
        byte[] packed = [0x78, 0x01, 0x01, 0x04, 0x00, 0xFB, 0xFF, (byte)'a', (byte)'b', (byte)'c', (byte)'d', 0x03, 0xD8, 0x01, 0x8B]; // "abcd", stored, by zlib
        byte[] blocks = [0, 0, 0, 0, (byte)packed.Length, 0, 0, 0, 4, 0, 0, 0];
        byte[] verses = [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0];
        foreach (var name in SwordText.Files) File.WriteAllBytes(Path.Combine(folder, name), []);
        File.WriteAllBytes(Path.Combine(folder, "ot.bzz"), packed);
        return new("sword indexes", [[.. blocks, .. verses]], bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, "ot.bzs"), bytes[..Math.Min(bytes.Length, blocks.Length)]);
            File.WriteAllBytes(Path.Combine(folder, "ot.bzv"), bytes[Math.Min(bytes.Length, blocks.Length)..]);
            Assert.All(SwordText.Verses(folder), verse => Assert.NotEmpty(verse.Osis));
            return true;
        })
        { Allowed = typeof(UserErrorException), LargestInput = 1 << 12, BaseMemory = 1 << 20 };
    }

    private static FuzzTarget Markup() => new("verse markup", [Bytes("<w lemma=\"x\">In</w> a<note><b>n</b></note><title>t</title>, b <chapter eID=\"x\"/> c &lt; &amp;")], bytes =>
    {
        var text = OsisText.Plain(Encoding.UTF8.GetString(bytes));
        Assert.Equal(text.Trim(), text);
        return true;
    })
    { Syntax = Syntax.Text, LargestInput = 1 << 12, BaseMemory = 1 << 19, MemoryPerByte = 256 };

    private static FuzzTarget Manifest()
    {
        var folder = Scratch.Folder("prepared-pairs");
        var source = Path.Combine(folder, "x.tsv");
        File.WriteAllText(source, string.Concat(Enumerable.Range(0, 30).Select(i => $"a {i}\tb {i}\n")));
        var prepared = PairPreparer.Prepare(new DataConfig { Source = source, Cache = folder, Tokenizer = new() { Kind = TokenizerKind.Bytes } }, 1, 16);
        var path = Path.Combine(prepared.Folder, "prepared.json");
        return new("manifest of prepared pairs", [File.ReadAllBytes(path)], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            var opened = new PreparedPairsFolder(prepared.Folder).Open();
            Assert.Equal(prepared.ContentHash, opened.ContentHash);
            return true;
        })
        { Syntax = Syntax.Text, Allowed = typeof(UserErrorException), LargestInput = 1 << 12, BaseMemory = 4 << 20 };
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
