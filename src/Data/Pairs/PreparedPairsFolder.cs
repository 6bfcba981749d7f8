using System.Text;
using System.Text.Json;
using DyT.Config;

namespace DyT.Data.Pairs;

/// <summary>Layout and manifest of a folder of prepared pairs.</summary>
internal sealed record PreparedPairsFolder(string Folder)
{
    public const string Train = "train";
    public const string Validation = "val";
    private const string Format = "dyt prepared pairs";
    private const int Version = 1;

    public string SourceTokenizer => Path.Combine(Folder, "tokenizer");

    /// <summary>There is one only where the vocabularies differ.</summary>
    public string TargetTokenizer => Path.Combine(Folder, "target-tokenizer");

    private string Manifest => Path.Combine(Folder, "prepared.json");

    private string Test => Path.Combine(Folder, "test.tsv");

    public string At(string part) => Path.Combine(Folder, part);

    public PairShard OpenShard(string part, ITokenizer source, ITokenizer target) => PairShard.Open(At(part), source.VocabHash, target.VocabHash);

    public void WriteTest(IEnumerable<TextPair> pairs) =>
        File.WriteAllText(Test, string.Concat(pairs.Select(pair => $"{pair.Source}\t{pair.Target}\n")), new UTF8Encoding(false));

    public IReadOnlyList<TextPair> ReadTest(int count)
    {
        TextPair[] pairs = [.. new PairSource(Test, [Test], false, "").Read(default)];
        return pairs.Length == count ? pairs
            : throw new UserErrorException($"{Test}: it has {pairs.Length} pairs, but {count} were written; delete its folder and start again, which prepares the data anew.");
    }

    public void WriteManifest(string trainHash, string valHash, int test, long leftOut)
    {
        using var stream = File.Create(Manifest);
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            json.WriteString("train_sha256", trainHash);
            json.WriteString("val_sha256", valHash);
            json.WriteString("test_sha256", Digest.OfFiles([Test]));
            json.WriteNumber("test_pairs", test);
            json.WriteNumber("left_out", leftOut);
            json.WriteEndObject();
        }

        stream.Flush(flushToDisk: true);
    }

    /// <summary>Reads the folder and checks manifest, tokenizers and shards against one another (not every token).</summary>
    /// <exception cref="UserErrorException">Anything is missing or does not fit.</exception>
    public PreparedPairs Open()
    {
        var root = JsonInput.Parse(InputFile.ReadBytes(Manifest, 1 << 16, "manifest of prepared pairs"), Manifest);
        if (root["format"].Text() != Format || root["version"].Number() != Version)
            throw new UserErrorException($"{Manifest}: it was written by another version of this program; prepare the data again.");
        var source = TokenizerStore.Load(SourceTokenizer);
        var target = Directory.Exists(TargetTokenizer) ? TokenizerStore.Load(TargetTokenizer) : source;
        var testHash = root["test_sha256"].Text();
        if (Digest.OfFiles([Test]) != testHash) throw new UserErrorException($"{Test}: it is not the file that the manifest beside it names; prepare the data again.");
        var (test, leftOut) = (root["test_pairs"].Number(), root["left_out"].Long());
        if (test < 0) throw root["test_pairs"].Wrong("a number of pairs");
        using var train = Checked(Train, root["train_sha256"], source, target);
        using var val = Checked(Validation, root["val_sha256"], source, target);
        using var digest = new Digest();
        var content = digest.Add(train.ContentHash).Add(val.ContentHash).Add(testHash).Add(source.VocabHash).Add(target.VocabHash).Hex();
        var mean = (int)Math.Round((double)train.Tokens / Math.Max(1, train.Count), MidpointRounding.AwayFromZero);
        return new PreparedPairs(Folder, source, target, content, train.Count, val.Count, test, leftOut, mean);
    }

    private PairShard Checked(string part, JsonInput hash, ITokenizer source, ITokenizer target)
    {
        var shard = OpenShard(part, source, target);
        if (shard.ContentHash == hash.Text()) return shard;
        shard.Dispose();
        throw new UserErrorException($"{At(part)}: it is not the shard that the manifest beside it names; prepare the data again.");
    }
}
