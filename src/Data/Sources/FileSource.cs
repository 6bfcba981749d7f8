using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DyT.Data;

/// <summary>A person's own text: a .txt (one document), .jsonl (one per line) or .parquet (one per row) file, or a folder of them.</summary>
internal sealed class FileSource : ITextSource
{
    private const long LargestText = 1L << 30;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IReadOnlyList<string> _files;
    private readonly string _field;

    public FileSource(string path, string field)
    {
        _field = field;
        if (File.Exists(path))
            _files = [path];
        else if (Directory.Exists(path))
            _files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsText).Order(StringComparer.Ordinal)];
        else
            throw new DataException($"data.source {path} does not exist: name a file, a folder, or one of {string.Join(", ", Corpora.All.Select(c => c.Name))}");
        if (_files.Count == 0)
            throw new DataException($"data.source {path} has no .txt, .jsonl or .parquet file in it");
        if (!IsText(_files[0]))
            throw new DataException($"data.source {path} is not a .txt, .jsonl or .parquet file");
        Identity = string.Join('\n', _files.Select(f => new FileInfo(f)).Select(f =>
            string.Create(CultureInfo.InvariantCulture, $"{f.FullName}|{f.Length}|{f.LastWriteTimeUtc.Ticks}|{field}")));
    }

    public string Identity { get; }

    public IEnumerable<string> Documents() => _files.SelectMany(DocumentsOf).Where(d => d.Length > 0);

    private static bool IsText(string path) => Path.GetExtension(path).ToLowerInvariant() is ".txt" or ".jsonl" or ".parquet";

    private IEnumerable<string> DocumentsOf(string file) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".jsonl" => JsonLines(file),
        ".parquet" => ParquetText.Read(file, _field),
        _ => [WholeText(file)],
    };

    private static string WholeText(string file)
    {
        if (new FileInfo(file).Length > LargestText)
            throw new DataException($"{file} is larger than {LargestText >> 30} GiB: split it into documents (.jsonl, or several .txt files)");
        try
        {
            return Strict.GetString(File.ReadAllBytes(file)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new DataException($"{file} is not UTF-8 text (a wrong byte at offset {e.Index}): convert it first", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private IEnumerable<string> JsonLines(string file)
    {
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return TextOf(line, file, number);
        }
    }

    private string TextOf(string line, string file, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty(_field, out var value)
                && value.ValueKind == JsonValueKind.String)
            {
                return value.GetString()!;
            }
        }
        catch (JsonException e)
        {
            throw new DataException($"{file}:{number}: this line is not JSON ({e.Message})", e);
        }

        throw new DataException($"{file}:{number}: there is no text under \"{_field}\": set data.field to the field that holds it");
    }
}
