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

    public MetricsLedger(string path)
    {
        _path = path;
        _file = Open(path);
        TruncateAfter(long.MaxValue);
    }

    /// <summary>The last step that has its line; 0 when there is none.</summary>
    public long LastStep { get; private set; }

    /// <summary>Adds a step; one that is there already is passed over.</summary>
    public void Append(StepMetrics metrics)
    {
        if (metrics.Step <= LastStep)
            return;
        try
        {
            _file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(metrics, RunJson.Options) + "\n"));
            _file.Flush();
        }
        catch (IOException e)
        {
            throw new UserErrorException($"{_path} cannot be written: {e.Message}; free disk space and resume the run", inner: e);
        }

        LastStep = metrics.Step;
    }

    /// <summary>Removes the lines of later steps, which will be done again, and a last line that a crash cut off.</summary>
    public void TruncateAfter(long step)
    {
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
        if (!whole)
            _file.WriteByte((byte)'\n'); // the crash cut off just the line's end
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
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
