using System.Text;
using System.Text.Json;

namespace DyT.Runs.Tracing;

/// <summary>Joins the workers' parts of a run's trace to one file that Perfetto and chrome://tracing open.</summary>
public static class TraceMerger
{
    private const int LongestLine = 64 * 1024;
    private const int HeaderLines = 32;
    private const int MostStrangeLines = 16; // a process that was killed leaves one; a file with many is no trace, or not one to the end

    /// <summary>Writes <see cref="RunFolder.TraceFile"/> from what is in <see cref="RunFolder.TraceParts"/>.</summary>
    /// <returns>What it says; null when no worker has recorded anything.</returns>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static TraceSummary? Merge(RunFolder folder)
    {
        if (!Directory.Exists(folder.TraceParts))
            return null;
        // The names begin with the time: whoever came first stands above.
        var parts = Directory.GetFiles(folder.TraceParts, "*.json").Order(StringComparer.Ordinal)
            .Select(path => (Path: path, Clock: ClockOf(path))).Where(p => p.Clock is not null).ToList();
        if (parts.Count == 0)
            return null;
        var offsets = TraceAlignment.Offsets(parts.ConvertAll(p => p.Clock!.Value));
        var hosts = parts.Select(p => p.Clock!.Value.Host).Distinct().Count();
        var workers = new List<TracedWorker>();
        AtomicFile.Write(folder.TraceFile, aside => workers = Write(aside, parts.ConvertAll(p => p.Path), offsets, hosts));
        return new TraceSummary(folder.TraceFile, hosts, workers);
    }

    private static List<TracedWorker> Write(string path, List<string> parts, double[] offsets, int hosts)
    {
        var workers = new List<TracedWorker>();
        using var output = new StreamWriter(path, append: false, new UTF8Encoding(false), 8 * 1024);
        output.Write("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"clocks\":\"");
        output.Write(hosts == 1 ? "one host, one clock" : "several hosts, set against each other by their wall clocks");
        output.Write("\"},\"traceEvents\":[");
        var separator = "\n";
        for (var part = 0; part < parts.Count; part++)
        {
            var worker = new TracedWorker();
            foreach (var e in Events(parts[part]))
            {
                worker.Take(e);
                output.Write(separator);
                separator = ",\n";
                // Processes of several hosts may have the same id.
                output.Write(JsonSerializer.Serialize(e with { Pid = part + 1, Ts = e.Ph == "M" ? 0 : Math.Round(e.Ts + offsets[part], 3) }, RunJson.Options));
            }

            workers.Add(worker);
        }

        output.Write("\n]}\n");
        return workers;
    }

    /// <summary>The events of one part. A few lines that are none, such as the last one of a killed worker, are passed over.</summary>
    internal static IEnumerable<TraceEvent> Events(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        for (var strange = 0; strange < MostStrangeLines && reader.ReadLine() is { } line;)
        {
            if (line.Length <= LongestLine && TryParse(line.TrimEnd(',')) is { } e)
                yield return e;
            else
                strange++;
        }
    }

    private static TraceEvent? TryParse(string line)
    {
        if (!line.StartsWith('{'))
            return null;
        try
        {
            return JsonSerializer.Deserialize<TraceEvent>(line, RunJson.Options) is { } e && double.IsFinite(e.Ts) && double.IsFinite(e.Dur ?? 0) ? e : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    private static TraceClock? ClockOf(string path) =>
        Events(path).Take(HeaderLines).FirstOrDefault(e => e.Name == TraceEvent.Clock) is { Args: { Host: { } host, UnixUs: { } unix } } clock && double.IsFinite(unix)
            ? new TraceClock(host, clock.Ts, unix)
            : null;
}
