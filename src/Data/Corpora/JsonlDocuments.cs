using System.Buffers;
using System.Text.Json;
using DyT.Config;

namespace DyT.Data;

/// <summary>A text field of every line of a .jsonl file; blank lines are passed over.</summary>
internal static class JsonlDocuments
{
    public static IEnumerable<string> Read(string path, string field)
    {
        using var stream = InputFile.Open(path, "jsonl file");
        var number = 0;
        foreach (var line in Lines(stream, path))
        {
            number++;
            var bytes = number == 1 && line.Span.StartsWith("\uFEFF"u8) ? line[3..] : line;
            if (bytes.Span.IndexOfAnyExcept((byte)' ', (byte)'\t', (byte)'\r') >= 0)
                yield return Text(bytes, field, $"{path}:{number}");
        }
    }

    private static string Text(ReadOnlyMemory<byte> line, string field, string place)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UserErrorException($"{place}: the line is not a JSON object; every line must be one with the field '{field}'.");
            if (!document.RootElement.TryGetProperty(field, out var value))
                throw new UserErrorException($"{place}: there is no field '{field}' (it has {Names(document.RootElement)}); set data.field to the one that holds the text.");
            if (value.ValueKind != JsonValueKind.String)
                throw new UserErrorException($"{place}: the field '{field}' is not a string; set data.field to the one that holds the text.");
            return value.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is no valid UTF-8 or has half a surrogate pair.
            throw new UserErrorException($"{place}: the line is not valid JSON in UTF-8; correct or remove it.", inner: e);
        }
    }

    private static string Names(JsonElement line)
    {
        var names = line.EnumerateObject().Select(member => $"'{member.Name}'").Take(20).ToArray();
        return names.Length == 0 ? "none" : string.Join(", ", names);
    }

    /// <summary>Lines without their ends; a line is valid until the next one is asked for.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(FileStream stream, string path)
    {
        var buffer = new byte[1 << 16];
        var (start, end) = (0, 0);
        while (true)
        {
            var length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                yield return buffer.AsMemory(start, length);
                start += length + 1;
                continue;
            }

            // No whole line left: move what there is to the front, make room, read on.
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
            {
                if (buffer.Length >= TextLimits.DocumentBytes)
                    throw new UserErrorException($"{path}: a line is longer than {TextLimits.DocumentBytes} bytes; check that the file has one JSON object per line.");
                Array.Resize(ref buffer, Math.Min(2 * buffer.Length, TextLimits.DocumentBytes));
            }

            var read = InputFile.Guard(path, () => stream.Read(buffer, end, buffer.Length - end));
            if (read > 0)
            {
                end += read;
                continue;
            }

            if (end > 0) yield return buffer.AsMemory(0, end);
            yield break;
        }
    }
}
