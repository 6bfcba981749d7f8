using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace DyT.Training.Checkpoints;

/// <summary>A run's checkpoints on disk. One is whole or invisible: written aside, synced, hashed, then renamed.</summary>
public sealed class CheckpointStore(string folder)
{
    private const string Prefix = "step-";
    private const string Aside = ".tmp-";
    private const int Attempts = 5; // each at a checkpoint that a writer took away from under the one before
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
    public Checkpoint? NewestValid(Action<string> onDamaged) => FirstValid(List, onDamaged);

    /// <summary>The checkpoint of one step, or null when there is none or it is damaged.</summary>
    public Checkpoint? Valid(long step, Action<string> onDamaged) => FirstValid(() => List().Where(c => c.Step == step), onDamaged);

    /// <summary>
    /// Loads from the newest checkpoint that is whole; false when there is none. The lead of a running generation may prune or replace it meanwhile: then the one
    /// that is newest by now is taken, a few times.
    /// </summary>
    /// <param name="use">Called again after one that vanished: it must not mind what it has read of that.</param>
    /// <param name="onDamaged">As for <see cref="NewestValid"/>.</param>
    /// <exception cref="CheckpointException">Of <paramref name="use"/>.</exception>
    public bool UseNewest(Action<Checkpoint> use, Action<string> onDamaged)
    {
        for (var attempt = 1; NewestValid(onDamaged) is { } checkpoint; attempt++)
        {
            var seen = Stamp(checkpoint.Path);
            try
            {
                use(checkpoint);
                return true;
            }
            catch (CheckpointException) when (attempt < Attempts && HasGone(checkpoint.Path, seen))
            {
                continue;
            }
        }

        return false;
    }

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
            Publish(aside, target);
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

    private static Checkpoint? FirstValid(Func<IEnumerable<(long Step, string Path)>> candidates, Action<string> onDamaged)
    {
        var told = new HashSet<string>();
        for (var attempt = 1; ; attempt++)
        {
            var changed = false;
            foreach (var (_, path) in candidates())
            {
                var seen = Stamp(path);
                try
                {
                    return Checkpoint.Open(path);
                }
                catch (CheckpointException) when (attempt < Attempts && HasGone(path, seen))
                {
                    changed = true; // a writer is at work: what there was to choose from is out of date
                    break;
                }
                catch (CheckpointException e)
                {
                    if (told.Add(path))
                        onDamaged(e.Message);
                }
            }

            if (!changed)
                return null;
        }
    }

    /// <summary>Tells a folder from one that takes its place.</summary>
    private static DateTime Stamp(string path) => Directory.GetLastWriteTimeUtc(path);

    private static bool HasGone(string path, DateTime seen) => !Directory.Exists(path) || Stamp(path) != seen;

    /// <summary>
    /// Gives a written checkpoint its name. Where the step has one (saved again after a resume from a damaged one), that is renamed first and removed last:
    /// there is none of the step only between two renames.
    /// </summary>
    private void Publish(string aside, string target)
    {
        var before = aside + "-before";
        if (Directory.Exists(target))
            Directory.Move(target, before);
        try
        {
            Directory.Move(aside, target);
        }
        catch (IOException) when (Directory.Exists(before) && !Directory.Exists(target))
        {
            Directory.Move(before, target); // what was there is not to be lost with what was to come
            throw;
        }

        DirectorySync.Flush(folder);
        Discard(before);
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

    private static void Discard(string path)
    {
        if (Directory.Exists(path))
            Remove(path);
    }
}
