using System.Text;
using System.Text.Json;
using DyT.Config;
using DyT.Runs;

namespace DyT.Coordinator;

/// <summary>The run's <c>metrics.jsonl</c>: one line per committed step, in order, each step once.</summary>
public sealed class MetricsLedger : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly List<(long Step, byte[] Line)> _unwritten = [];

    public MetricsLedger(string path)
    {
        _path = path;
        _file = Open(path);
        TruncateAfter(long.MaxValue);
    }

    /// <summary>The last step that has its line; 0 when there is none.</summary>
    public long LastStep { get; private set; }

    /// <summary>The last step whose line is on disk: what workers may forget.</summary>
    public long WrittenStep => _unwritten.Count > 0 ? _unwritten[0].Step - 1 : LastStep;

    /// <summary>Adds a step; one that is there already is passed over. On a full disk lines wait in memory until there is room again.</summary>
    /// <returns>A sentence when the disk has just become full; null otherwise.</returns>
    public string? Append(StepMetrics metrics)
    {
        if (metrics.Step <= LastStep)
            return null;
        LastStep = metrics.Step;
        _unwritten.Add((metrics.Step, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(metrics, RunJson.Options) + "\n")));
        var wasFull = _unwritten.Count > 1;
        return TryWrite() is { } reason && !wasFull ? $"{_path} cannot be written: {reason}; its lines wait in memory and training goes on, free disk space" : null;
    }

    /// <summary>Writes what waits; null when all of it is on disk, else why not.</summary>
    private string? TryWrite()
    {
        var end = _file.Position;
        try
        {
            while (_unwritten.Count > 0)
            {
                _file.Write(_unwritten[0].Line);
                _file.Flush();
                end = _file.Position;
                _unwritten.RemoveAt(0);
            }

            return null;
        }
        catch (IOException e)
        {
            // Half a line may stand there: it goes, and comes again whole.
            _file.SetLength(end);
            _file.Position = end;
            return e.Message.TrimEnd('.');
        }
    }

    /// <summary>Removes the lines of later steps, which will be done again, and a last line that a crash cut off.</summary>
    public void TruncateAfter(long step)
    {
        _unwritten.RemoveAll(u => u.Step > step);
        _file.Position = 0;
        // One character per byte, so that lines can be counted exactly whatever is in them; the step's number reads the same.
        using var reader = new StreamReader(_file, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        long keep = 0;
        var whole = true;
        LastStep = 0;
        while (ReadLine(reader) is { } line && StepOf(line) is { } found && found <= step)
        {
            keep += line.Length;
            whole = line.EndsWith('\n');
            LastStep = found;
        }

        _file.SetLength(keep);
        _file.Seek(0, SeekOrigin.End);
        if (_unwritten.Count > 0)
            LastStep = _unwritten[^1].Step;
        if (!whole)
            _file.WriteByte((byte)'\n'); // the crash cut off just the line's end
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be opened: {e.Message}", inner: e);
        }
    }

    /// <summary>The next line with its end; null at the end of the file.</summary>
    private static string? ReadLine(StreamReader reader)
    {
        var line = new StringBuilder();
        while (reader.Read() is >= 0 and var next)
        {
            line.Append((char)next);
            if (next == '\n')
                break;
        }

        return line.Length > 0 ? line.ToString() : null;
    }

    private static long? StepOf(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<StepMetrics>(line, RunJson.Options)?.Step;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
