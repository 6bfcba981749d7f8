using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DyT.Fuzz.Tests.Engine;
using DyT.Training.Checkpoints;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>A checkpoint's files, each altered while the others stand: the manifest as it is, the others also behind a manifest that names their hash.</summary>
internal static class CheckpointTargets
{
    private static readonly List<NamedTensor> Weights = [new("h.0.w", [2, 3], new float[] { 1, 2, 3, 4, 5, 6 }), new("b", [1], new float[] { 3 }), new("empty", [0], Array.Empty<float>())];

    public static IEnumerable<FuzzTarget> All()
    {
        var path = Save(new TrainingState { Step = 7, EvaluatedStep = 5, Seed = 1, DataHash = "d", VocabHash = "v", Threads = 1, BestLoss = 2.5, BestStep = 5, GuardHistory = [1.5, double.Epsilon] });
        byte[] Seed(string name) => File.ReadAllBytes(Path.Combine(path, name));
        var (manifest, state, weights) = (Seed(Checkpoint.ManifestName), Seed(Checkpoint.StateName), Seed(Checkpoint.WeightsName));
        return
        [
            new("safetensors header", [weights, Halves("F16"), Halves("BF16")], Header) { Allowed = typeof(CheckpointException), Syntax = Syntax.Text },
            new("safetensors header of the right length", [weights, Halves("F16"), Halves("BF16")], b => Header(MendLength(b))) { Allowed = typeof(CheckpointException), Syntax = Syntax.Text },
            new("checkpoint manifest", [manifest], b => Open(path, Checkpoint.ManifestName, b, manifest)) { Allowed = typeof(CheckpointException), Syntax = Syntax.Text },
            new("checkpoint state", [state], b => Open(path, Checkpoint.StateName, b, manifest)) { Allowed = typeof(CheckpointException), Syntax = Syntax.Text },
            new("checkpoint weights", [weights], b => Open(path, Checkpoint.WeightsName, b, manifest)) { Allowed = typeof(CheckpointException), Syntax = Syntax.Text },
        ];
    }

    private static string Save(TrainingState state) => new CheckpointStore(Scratch.Folder("checkpoints")).Save(Weights, [new("m", [1], new float[] { 4 })], state);

    private static bool Header(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        var entries = SafetensorsHeader.Read(stream, "x.safetensors", out var start);
        Assert.All(entries, e => Assert.InRange(e.End, e.Start, bytes.Length - start));
        Assert.All(entries, e => Assert.True(e.Count >= 0));
        return true;
    }

    private static bool Open(string path, string name, byte[] bytes, byte[] manifest)
    {
        var full = Path.Combine(path, name);
        var kept = File.ReadAllBytes(full);
        try
        {
            File.WriteAllBytes(full, bytes);
            if (name != Checkpoint.ManifestName && (bytes.Length & 3) != 0)
                File.WriteAllBytes(Path.Combine(path, Checkpoint.ManifestName), Renamed(manifest, name, bytes));
            var checkpoint = Checkpoint.Open(path);
            NullChecks.AssertNone(checkpoint.Manifest);
            NullChecks.AssertNone(checkpoint.State);
            checkpoint.LoadWeights(Weights.ConvertAll(t => t with { Values = new float[t.Values.Length] }));
            return true;
        }
        finally
        {
            File.WriteAllBytes(full, kept);
            File.WriteAllBytes(Path.Combine(path, Checkpoint.ManifestName), manifest);
        }
    }

    /// <summary>The manifest with the size and the hash of other bytes for one file, as somebody would write it who means harm.</summary>
    private static byte[] Renamed(byte[] manifest, string name, byte[] bytes)
    {
        var root = JsonNode.Parse(manifest)!;
        var file = root["files"]!.AsArray().Single(f => (string)f!["name"]! == name)!;
        file["bytes"] = bytes.Length;
        file["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }

    // Written by hand: the writer makes fp32 only, the reader takes half precision too.
    private static byte[] Halves(string type)
    {
        var json = System.Text.Encoding.UTF8.GetBytes($$$"""{"a":{"dtype":"{{{type}}}","shape":[2,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}""");
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[12]];
    }

    /// <summary>Sets the length to where the JSON ends as far as braces tell, so that text mutations get past the first check.</summary>
    private static byte[] MendLength(byte[] bytes)
    {
        var end = sizeof(long);
        for (var depth = 0; end < bytes.Length && (depth > 0 || bytes[end] is (byte)'{' or (byte)' '); end++)
            depth += bytes[end] == '{' ? 1 : bytes[end] == '}' ? -1 : 0;
        if (bytes.Length >= end)
            BitConverter.TryWriteBytes(bytes, (long)end - sizeof(long));
        return bytes;
    }
}
