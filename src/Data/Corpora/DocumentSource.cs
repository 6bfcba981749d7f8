using DyT.Config;

namespace DyT.Data;

/// <summary>Documents of a data source, streamed from its files in a fixed order; every enumeration gives the same ones.</summary>
/// <param name="Name">As configured, for messages.</param>
/// <param name="Files">In order.</param>
/// <param name="Field">Field (jsonl) or column (parquet) of the text.</param>
/// <param name="Identity">What the documents depend on: a content hash, or paths, sizes and times of the user's files.</param>
internal sealed record DocumentSource(string Name, IReadOnlyList<string> Files, string Field, string Identity)
{
    private static readonly string[] Extensions = [".txt", ".jsonl", ".parquet"];

    /// <summary>A named corpus, fetched if need be, or a path.</summary>
    public static DocumentSource Resolve(DataConfig data, Action<string>? progress, CancellationToken ct)
    {
        if (Corpora.IsText(data.Source))
        {
            var (files, identity) = Corpora.Text(data.Source, data.Cache, progress, ct);
            return new DocumentSource(data.Source, files, DotnetDocsCorpus.Field, identity);
        }

        var paths = Find(data.Source);
        return new DocumentSource(data.Source, paths, data.Field, Digest.OfFileStates(paths));
    }

    /// <summary>The texts, empty ones left out.</summary>
    public IEnumerable<string> Documents(CancellationToken ct)
    {
        foreach (var file in Files)
        {
            foreach (var document in Read(file, ct))
            {
                ct.ThrowIfCancellationRequested();
                if (document.Length > 0) yield return document;
            }
        }
    }

    private IEnumerable<string> Read(string file, CancellationToken ct) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".jsonl" => JsonlDocuments.Read(file, Field),
        ".parquet" => ParquetDocuments.Read(file, Field, ct),
        _ => [InputFile.ReadText(file, TextLimits.DocumentBytes, InputFile.TextFile)],
    };

    private static string[] Find(string path)
    {
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            // The depth bounds a folder that links to one above it.
            var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 32, IgnoreInaccessible = false };
            var files = InputFile.Guard(full, () => Directory.EnumerateFiles(full, "*", options).Where(IsKnown).Order(StringComparer.Ordinal).ToArray());
            return files.Length > 0 ? files : throw new UserErrorException($"data.source: the folder '{path}' has no .txt, .jsonl or .parquet file in it; name one that has.");
        }

        if (!File.Exists(full))
            throw new UserErrorException($"data.source: there is nothing at '{path}', and it is no named data set ({string.Join(", ", Corpora.All.Where(c => c.Kind == CorpusKind.Text).Select(c => c.Name))}); check the path.");
        return IsKnown(full) ? [full] : throw new UserErrorException($"data.source: '{path}' is not a .txt, .jsonl or .parquet file; convert it, or rename it if it is plain text.");
    }

    private static bool IsKnown(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());
}

/// <summary>Bounds on what is taken from a user's files at once.</summary>
internal static class TextLimits
{
    /// <summary>One document, in bytes; it is held in memory whole.</summary>
    public const int DocumentBytes = 512 << 20;

    /// <summary>Rows of a parquet row group, which is held in memory whole.</summary>
    public const long RowGroupRows = 50_000_000;
}
