using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DyT.Config;

namespace DyT.Data;

/// <summary>A folder with two shards, the tokenizer and a manifest; it appears complete or not at all.</summary>
internal static class PreparedFolder
{
    private const string TrainName = "train.tokens";
    private const string ValidationName = "val.tokens";
    private const string TokenizerName = "tokenizer";
    private const string ManifestName = "prepared.json";

    // Larger shards are checked by their header alone: hashing terabytes at every start would cost more than it saves.
    private const long LargestVerified = 64 * 1024 * 1024;

    private sealed record Manifest(string TrainHash, string ValHash, double ValBytesPerToken);

    /// <summary>Null when there is none, or it is damaged (which <paramref name="progress"/> is told).</summary>
    public static PreparedData? TryOpen(string folder, Action<string>? progress)
    {
        if (!Directory.Exists(folder))
            return null;
        try
        {
            var manifest = JsonSerializer.Deserialize<Manifest>(File.ReadAllBytes(Path.Combine(folder, ManifestName))) ?? throw new JsonException("empty");
            var tokenizer = TokenizerStore.Load(Path.Combine(folder, TokenizerName));
            var (train, trainTokens) = Check(Path.Combine(folder, TrainName), tokenizer.VocabHash, manifest.TrainHash);
            var (validation, valTokens) = Check(Path.Combine(folder, ValidationName), tokenizer.VocabHash, manifest.ValHash);
            var content = SHA256.HashData(Encoding.UTF8.GetBytes(manifest.TrainHash + manifest.ValHash));
            return new PreparedData(folder, train, validation, tokenizer, Convert.ToHexStringLower(content), trainTokens, valTokens, manifest.ValBytesPerToken);
        }
        catch (Exception e) when (e is DataException or IOException or UnauthorizedAccessException or JsonException)
        {
            progress?.Invoke($"prepared data in {folder} is damaged and is made again: {e.Message}");
            return null;
        }
    }

    public static void Write(string folder, ITokenizer tokenizer, Action<TextToTokens, TextToTokens> fill)
    {
        var aside = $"{folder}.tmp-{Environment.ProcessId}";
        try
        {
            tokenizer.Save(Path.Combine(aside, TokenizerName));
            using var train = new TokenShardWriter(Path.Combine(aside, TrainName), tokenizer.VocabSize, tokenizer.VocabHash);
            using var validation = new TokenShardWriter(Path.Combine(aside, ValidationName), tokenizer.VocabSize, tokenizer.VocabHash);
            var validationText = new TextToTokens(tokenizer, validation);
            fill(new TextToTokens(tokenizer, train), validationText);
            var bytesPerToken = (double)validationText.TextBytes / Math.Max(1, validation.Count);
            var manifest = new Manifest(train.Complete(), validation.Complete(), bytesPerToken);
            File.WriteAllBytes(Path.Combine(aside, ManifestName), JsonSerializer.SerializeToUtf8Bytes(manifest));
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            Directory.Move(aside, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"prepared data cannot be written to {folder}: {e.Message}; free disk space or set data.cache", e);
        }
        finally
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
        }
    }

    private static (string Path, long Tokens) Check(string path, string vocabHash, string contentHash)
    {
        using var shard = TokenShard.Open(path, vocabHash);
        if (shard.ContentHash != contentHash)
            throw new DataException($"{path} is not the shard that its manifest tells of");
        if (new FileInfo(path).Length <= LargestVerified)
            shard.VerifyContent();
        return (path, shard.Count);
    }
}
