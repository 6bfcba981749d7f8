using System.Security.Cryptography;
using System.Text.Json;
using DyT.Training.Optimization;

namespace DyT.Training.Checkpoints;

/// <summary>A checkpoint that was found whole: <c>step-00000500/{model.safetensors, optimizer.safetensors, state.json, manifest.json}</c>.</summary>
public sealed class Checkpoint
{
    public const string ManifestName = "manifest.json";
    public const string WeightsName = "model.safetensors";
    public const string OptimizerName = "optimizer.safetensors";
    public const string StateName = "state.json";
    private const long LargestJson = 16 * 1024 * 1024;

    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        MaxDepth = 16,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private Checkpoint(string path, CheckpointManifest manifest, TrainingState state)
    {
        Path = path;
        Manifest = manifest;
        State = state;
    }

    public string Path { get; }

    public CheckpointManifest Manifest { get; }

    public TrainingState State { get; }

    /// <summary>Opens a checkpoint and checks every file against the manifest.</summary>
    /// <exception cref="CheckpointException">It is damaged; the message names what.</exception>
    public static Checkpoint Open(string path)
    {
        var manifest = ReadJson<CheckpointManifest>(path, ManifestName);
        if (manifest.Format != CheckpointManifest.CurrentFormat)
            throw new CheckpointException($"checkpoint {path} has format {manifest.Format}; this version reads format {CheckpointManifest.CurrentFormat}");
        // The serializer's check for null does not reach into lists.
        if (manifest.Files.Contains(null!))
            throw new CheckpointException($"checkpoint {path} is damaged: its manifest lists nothing where a file should stand");
        foreach (var name in new[] { WeightsName, OptimizerName, StateName })
        {
            var file = manifest.Files.FirstOrDefault(f => f.Name == name)
                ?? throw new CheckpointException($"checkpoint {path} is damaged: its manifest does not tell of {name}");
            Check(path, file);
        }

        var state = ReadJson<TrainingState>(path, StateName);
        return state.Step == manifest.Step
            ? new Checkpoint(path, manifest, state)
            : throw new CheckpointException($"checkpoint {path} is damaged: its manifest is of step {manifest.Step}, its state of step {state.Step}");
    }

    public void LoadWeights(IReadOnlyList<NamedTensor> weights) => Load(WeightsName, weights);

    public void LoadOptimizer(IReadOnlyList<NamedTensor> moments) => Load(OptimizerName, moments);

    /// <summary>The moving average in place of the weights themselves; other moments are passed over.</summary>
    public void LoadAverage(IReadOnlyList<NamedTensor> weights)
    {
        var slices = weights.Select(w => new TensorSlice($"{WeightAverage.MomentName}/{w.Name}", w.Shape, 0, w.Values)).ToList();
        Read(OptimizerName, file => file.Fill(slices, [.. file.Entries.Select(e => e.Name).Union(slices.Select(t => t.Name))]));
    }

    /// <summary>Parts of the moments only.</summary>
    /// <param name="slices">What to fill.</param>
    /// <param name="names">Of all tensors that the file must hold, neither more nor fewer.</param>
    public void LoadOptimizer(IReadOnlyList<TensorSlice> slices, IReadOnlyCollection<string> names) => Read(OptimizerName, file => file.Fill(slices, names));

    private void Load(string file, IReadOnlyList<NamedTensor> tensors) => Read(file, opened => opened.Fill(tensors));

    private void Read(string file, Action<SafetensorsFile> read)
    {
        try
        {
            using var safetensors = SafetensorsFile.Open(System.IO.Path.Combine(Path, file));
            read(safetensors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"checkpoint {Path} cannot be read: {file}: {e.Message}", e);
        }
    }

    private static void Check(string path, ManifestFile file)
    {
        var full = System.IO.Path.Combine(path, file.Name);
        try
        {
            using var stream = File.OpenRead(full);
            if (stream.Length != file.Bytes)
                throw new CheckpointException($"checkpoint {path} is damaged: {file.Name} has {stream.Length} bytes instead of {file.Bytes}");
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != file.Sha256)
                throw new CheckpointException($"checkpoint {path} is damaged: {file.Name} was altered (its SHA-256 is not the manifest's)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"checkpoint {path} is damaged: {file.Name} cannot be read ({e.Message})", e);
        }
    }

    private static T ReadJson<T>(string path, string name)
    {
        var full = System.IO.Path.Combine(path, name);
        try
        {
            if (new FileInfo(full).Length > LargestJson)
                throw new CheckpointException($"checkpoint {path} is damaged: {name} is far too large");
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(full), Json) ?? throw new JsonException("empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"checkpoint {path} is damaged: {name} cannot be read ({e.Message})", e);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new CheckpointException($"checkpoint {path} is damaged: {name} does not parse", e);
        }
    }
}
