using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DyT.Runs.Tracing;

/// <summary>A recorded span before it is written; times by <see cref="Stopwatch.GetTimestamp"/>.</summary>
internal readonly record struct TraceEntry(TraceTrack Track, string Name, long Begin, long End, long Number)
{
    /// <summary>Of steps alone, as the two below.</summary>
    public long Allocated { get; init; }

    public long ProcessAllocated { get; init; }

    public TimeSpan Paused { get; init; }
}

/// <summary>
/// A worker's part of a trace: a JSON array with one event on each line, whose last bracket is left out on purpose; the format allows that, so that a file of
/// a process that was killed is as good as any. Times are the host's steady clock; the first lines say what it was by the wall clock.
/// </summary>
internal sealed class TraceWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly Action<string> _log;
    private bool _broken;
    private bool _saidFull;

    private TraceWriter(FileStream file, Action<string> log)
    {
        _file = file;
        _log = log;
    }

    public static TraceWriter Create(string folder, string worker, Action<string> log)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyyMMdd-HHmmss-fff}-{Environment.ProcessId}.json");
        var writer = new TraceWriter(new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 64 * 1024), log);
        writer._file.Write("[\n"u8);
        writer.Line(new TraceEvent("M", TraceEvent.ProcessName, Environment.ProcessId, 0, 0, Args: new TraceArgs { Name = worker }));
        foreach (var track in Enum.GetValues<TraceTrack>())
            writer.Line(new TraceEvent("M", TraceEvent.ThreadName, Environment.ProcessId, (int)track, 0, Args: new TraceArgs { Name = track.ToString().ToLowerInvariant() }));
        var now = Stopwatch.GetTimestamp();
        var unix = (DateTime.UtcNow - DateTime.UnixEpoch).TotalMicroseconds;
        writer.Line(new TraceEvent("M", TraceEvent.Clock, Environment.ProcessId, 0, Microseconds(now), Args: new TraceArgs { Host = HostClock(), UnixUs = unix }));
        writer._file.Flush();
        return writer;
    }

    /// <param name="entries">In any order.</param>
    /// <param name="overflowed">Others had to be left out.</param>
    public void Write(ReadOnlySpan<TraceEntry> entries, bool overflowed)
    {
        if (_broken)
            return;
        try
        {
            foreach (var entry in entries)
                Line(Event(entry));
            if (overflowed && !_saidFull)
                Line(new TraceEvent("i", TraceEvent.Full, Environment.ProcessId, (int)TraceTrack.Steps, Microseconds(Stopwatch.GetTimestamp())));
            _saidFull |= overflowed;
            _file.Flush();
        }
        catch (IOException e)
        {
            // An aid to look back with; a full disk must not take the training with it.
            _broken = true;
            _log($"the trace ends here: {e.Message}");
        }
    }

    public void Dispose()
    {
        try
        {
            _file.Dispose();
        }
        catch (IOException) when (_broken)
        {
            // What is still in its buffer does not fit on the disk either.
            return;
        }
    }

    private static TraceEvent Event(in TraceEntry entry)
    {
        var isStep = entry.Track == TraceTrack.Steps;
        var args = entry.Number < 0 && !isStep ? null : new TraceArgs
        {
            Number = entry.Number < 0 ? null : entry.Number,
            AllocatedBytes = isStep ? entry.Allocated : null,
            ProcessAllocatedBytes = isStep ? entry.ProcessAllocated : null,
            PauseMs = isStep ? entry.Paused.TotalMilliseconds : null,
        };
        return new TraceEvent("X", entry.Name, Environment.ProcessId, (int)entry.Track, Microseconds(entry.Begin), Math.Round(Math.Max(0, Microseconds(entry.End) - Microseconds(entry.Begin)), 3), args);
    }

    private void Line(TraceEvent e)
    {
        _file.Write(JsonSerializer.SerializeToUtf8Bytes(e, RunJson.Options));
        _file.Write(",\n"u8);
    }

    // Nanoseconds are as fine as any clock is: more digits would only make the file longer.
    private static double Microseconds(long timestamp) => Math.Round(timestamp * (1e6 / Stopwatch.Frequency), 3);

    /// <summary>The system's boot, where it tells it: containers of one host have names of their own but the same clock.</summary>
    private static string HostClock()
    {
        const string bootId = "/proc/sys/kernel/random/boot_id";
        try
        {
            return File.Exists(bootId) ? File.ReadAllText(bootId).Trim() : Environment.MachineName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Environment.MachineName;
        }
    }
}
