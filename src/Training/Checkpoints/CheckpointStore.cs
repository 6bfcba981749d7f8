using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace DyT.Training.Checkpoints;

/// <summary>A run's checkpoints on disk. One is whole or invisible: written aside, synced, hashed, then renamed.</summary>
public sealed class CheckpointStore(string folder)
{
    private const string Prefix = "step-";
    private const string Aside = ".tmp-";
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1); // a younger one may be in work

    /// <summary>Folders of checkpoints, the newest first; not checked.</summary>
    public IReadOnlyList<(long Step, string Path)> List()
    {
        if (!Directory.Exists(folder))
            return [];
        return [.. Directory.GetDirectories(folder, Prefix + "*")
            .Select(path => (Ok: long.TryParse(Path.GetFileName(path)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step), Step: step, Path: path))
            .Where(c => c.Ok)
            .OrderByDescending(c => c.Step)
            .Select(c => (c.Step, c.Path))];
    }

    /// <summary>The newest checkpoint that is whole, or null; damaged ones are told to <paramref name="onDamaged"/> and passed over.</summary>
    public Checkpoint? NewestValid(Action<string> onDamaged) => FirstValid(List(), onDamaged);

    /// <summary>The checkpoint of one step, or null when there is none or it is damaged.</summary>
    public Checkpoint? Valid(long step, Action<string> onDamaged) => FirstValid(List().Where(c => c.Step == step), onDamaged);

    /// <summary>Writes a checkpoint; when it returns, it is whole on disk.</summary>
    /// <exception cref="CheckpointException">It could not be written (disk full, no permission); nothing of it remains.</exception>
    public string Save(IReadOnlyList<NamedTensor> weights, IReadOnlyList<NamedTensor> optimizer, TrainingState state)
    {
        var name = Prefix + state.Step.ToString("D8", CultureInfo.InvariantCulture);
        var target = Path.Combine(folder, name);
        var aside = Path.Combine(folder, $"{Aside}{name}-{Guid.NewGuid():N}"); // another worker's writer may still be at the same step
        try
        {
            Directory.CreateDirectory(folder);
            RemoveLeftovers();
            Directory.CreateDirectory(aside);
            var metadata = new Dictionary<string, string> { ["format"] = "pt" };
            ManifestFile[] files =
            [
                WriteFile(aside, Checkpoint.WeightsName, s => SafetensorsFile.Write(s, weights, metadata)),
                WriteFile(aside, Checkpoint.OptimizerName, s => SafetensorsFile.Write(s, optimizer, metadata)),
                WriteFile(aside, Checkpoint.StateName, s => JsonSerializer.Serialize(s, state, Checkpoint.Json)),
            ];
            var manifest = new CheckpointManifest
            {
                Format = CheckpointManifest.CurrentFormat,
                Step = state.Step,
                Written = DateTimeOffset.UtcNow,
                Machine = MachineKind.Name,
                WeightsHash = WeightsHash.Of(weights),
                Files = files,
            };
            WriteFile(aside, Checkpoint.ManifestName, s => JsonSerializer.Serialize(s, manifest, Checkpoint.Json));
            if (Directory.Exists(target))
                Directory.Delete(target, recursive: true); // the same step saved again after a resume from a damaged one
            Directory.Move(aside, target);
            DirectorySync.Flush(folder);
            return target;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(aside);
            throw new CheckpointException($"checkpoint {target} could not be written: {e.Message}; free disk space or choose another output folder, older checkpoints are untouched", e);
        }
    }

    /// <summary>Removes all but the newest <paramref name="keepLast"/> and the one of <paramref name="bestStep"/>.</summary>
    public void Prune(int keepLast, long? bestStep)
    {
        foreach (var (_, path) in List().Skip(keepLast).Where(c => c.Step != bestStep))
            Remove(path);
    }

    private static Checkpoint? FirstValid(IEnumerable<(long Step, string Path)> candidates, Action<string> onDamaged)
    {
        foreach (var (_, path) in candidates)
        {
            try
            {
                return Checkpoint.Open(path);
            }
            catch (CheckpointException e)
            {
                onDamaged(e.Message);
            }
        }

        return null;
    }

    private static ManifestFile WriteFile(string folder, string name, Action<Stream> write)
    {
        using var file = new FileStream(Path.Combine(folder, name), FileMode.Create, FileAccess.ReadWrite);
        write(file);
        file.Flush(flushToDisk: true);
        file.Position = 0;
        return new ManifestFile(name, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    private void RemoveLeftovers()
    {
        foreach (var leftover in Directory.GetDirectories(folder, Aside + "*").Where(d => DateTime.UtcNow - Directory.GetLastWriteTimeUtc(d) > LeftoverAge))
            Remove(leftover);
    }

    /// <summary>What cannot be removed now is left for the next time; somebody else may be removing it.</summary>
    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{path} could not be removed: {e.Message}");
        }
    }

    private static void Discard(string aside)
    {
        if (Directory.Exists(aside))
            Remove(aside);
    }
}
