using System.Text.Json;
using DyT.Config;

namespace DyT.Data;

/// <summary>Layout and manifest of a folder of prepared data.</summary>
internal sealed record PreparedFolder(string Folder)
{
    private const string Format = "dyt prepared data";
    private const int Version = 1;

    public string Train => Path.Combine(Folder, "train.tokens");

    public string Validation => Path.Combine(Folder, "val.tokens");

    public string TokenizerFolder => Path.Combine(Folder, "tokenizer");

    public string Manifest => Path.Combine(Folder, "prepared.json");

    public void WriteManifest(string trainHash, string valHash, long valBytes)
    {
        using var stream = File.Create(Manifest);
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            json.WriteString("train_sha256", trainHash);
            json.WriteString("val_sha256", valHash);
            json.WriteNumber("val_bytes", valBytes);
            json.WriteEndObject();
        }

        stream.Flush(flushToDisk: true);
    }

    /// <summary>Reads the folder and checks manifest, tokenizer and both shards' headers against one another (not every token).</summary>
    /// <exception cref="UserErrorException">Anything is missing or does not fit.</exception>
    public PreparedData Open()
    {
        var root = JsonInput.Parse(InputFile.ReadBytes(Manifest, 1 << 16, "manifest of prepared data"), Manifest);
        if (root["format"].Text() != Format || root["version"].Number() != Version)
            throw new UserErrorException($"{Manifest}: it was written by another version of this program; prepare the data again.");
        var tokenizer = TokenizerStore.Load(TokenizerFolder);
        var (train, trainHash) = Check(Train, root["train_sha256"], tokenizer);
        var (val, valHash) = Check(Validation, root["val_sha256"], tokenizer);
        var bytes = root["val_bytes"].Long();
        if (bytes < 0) throw root["val_bytes"].Wrong("a number of bytes");
        using var digest = new Digest();
        var content = digest.Add(trainHash).Add(valHash).Add(tokenizer.VocabHash).Hex();
        return new PreparedData(Folder, Train, Validation, tokenizer, content, train, val, val == 0 ? 0 : (double)bytes / val);
    }

    private static (long Count, string Hash) Check(string path, JsonInput hash, ITokenizer tokenizer)
    {
        using var shard = TokenShard.Open(path, tokenizer.VocabHash);
        if (shard.VocabSize != tokenizer.VocabSize || shard.ContentHash != hash.Text())
            throw new UserErrorException($"{path}: it is not the shard that the manifest beside it names; prepare the data again.");
        return (shard.Count, shard.ContentHash);
    }
}
