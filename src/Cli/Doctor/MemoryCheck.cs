using System.Globalization;
using DyT.Cli.Views;

namespace DyT.Cli.Doctor;

/// <summary>Memory for training: the container's limit where there is one, and what is free now.</summary>
public sealed class MemoryCheck : ICheck
{
    private const string MemInfo = "/proc/meminfo";
    private const long MiB = 1 << 20;

    // Below, libtorch in a coordinator's and one worker's process does not fit.
    private const long Least = 1024 * MiB;
    private const long Comfortable = 4096 * MiB;

    public string Name => "memory";

    public Finding Run()
    {
        // The runtime's own reading: physical memory, or the container's limit if that is lower.
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var free = File.Exists(MemInfo) ? AvailableOf(File.ReadLines(MemInfo)) : null;
        return Judge(limit, free is { } bytes ? Math.Min(bytes, limit) : null);
    }

    /// <param name="limit">Bytes this process may use at most.</param>
    /// <param name="free">Bytes free now, if known.</param>
    public static Finding Judge(long limit, long? free)
    {
        var what = $"{Format.Bytes(limit)}{(free is { } now ? $", {Format.Bytes(now)} free" : "")}";
        return (free ?? limit) switch
        {
            < Least => Finding.Fail(what, $"training needs {Format.Bytes(Least)} at the least; end other programs or raise the container's limit."),
            < Comfortable => Finding.Warn(what, "a worker takes about 0.5 GiB beside its model; keep cluster.workers small."),
            _ => Finding.Ok(what),
        };
    }

    /// <summary>Bytes of MemAvailable; null when the lines don't have it.</summary>
    public static long? AvailableOf(IEnumerable<string> lines)
    {
        const string key = "MemAvailable:";
        var line = lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var kib)
            ? kib * 1024
            : null;
    }
}
