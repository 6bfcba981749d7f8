using System.Globalization;
using System.Text.Json;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Summaries;

/// <summary>Reads <c>metrics.jsonl</c>.</summary>
public static class MetricsLog
{
    private const int TailBytes = 64 << 10;

    /// <summary>All steps in order. A last line without its end is passed over: the writer was interrupted in it.</summary>
    /// <exception cref="UserErrorException">There is no such file, or a line in it is not a step.</exception>
    public static IReadOnlyList<StepMetrics> Read(string path)
    {
        if (!File.Exists(path))
            throw new UserErrorException($"{path}: no such file; the run has not committed a step yet, or this is not a run's folder.");
        var steps = new List<StepMetrics>();
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var lines = new Processes.BoundedLineReader(file);
        var number = 0;
        while (lines.ReadLine() is { } line)
        {
            number++;
            if (line.Length == 0)
                continue;
            try
            {
                // After a resume the steps since the checkpoint are written again; the later line is the one that stands.
                var step = JsonSerializer.Deserialize<StepMetrics>(line, RunJson.Options) ?? throw new JsonException("null");
                var from = steps.Count;
                while (from > 0 && steps[from - 1].Step >= step.Step)
                    from--;
                steps.RemoveRange(from, steps.Count - from);
                steps.Add(step);
            }
            catch (JsonException e)
            {
                if (file.EndOfStream && !EndsWithNewline(path))
                    break;
                throw new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"{path}:{number}: not a step's metrics ({e.Message.Split('.')[0]}); restore the file or remove the line."), inner: e);
            }
        }

        return steps;
    }

    /// <summary>The newest whole steps, as many as stand in the file's last 64 KiB, oldest first; none while there is no such file. For looking on while it is written.</summary>
    public static IReadOnlyList<StepMetrics> Tail(string path)
    {
        var steps = new List<StepMetrics>();
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var from = Math.Max(0, file.Length - TailBytes);
            file.Seek(from, SeekOrigin.Begin);
            var bytes = new byte[(int)Math.Min(TailBytes, file.Length - from)];
            var text = System.Text.Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            // A cut first line and an unfinished last one are passed over, as is what else is no step: Read tells of that.
            var lines = text.Split('\n')[..^1];
            foreach (var line in from > 0 ? lines.Skip(1) : lines)
            {
                if (JsonSerializer.Deserialize<StepMetrics>(line, RunJson.Options) is { } step)
                    steps.Add(step);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return steps;
        }

        return steps;
    }

    private static bool EndsWithNewline(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }
}
