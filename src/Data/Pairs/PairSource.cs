using DyT.Config;

namespace DyT.Data.Pairs;

/// <summary>Aligned texts: one file of lines "source, tab, target", or two files of as many lines.</summary>
/// <param name="Name">As configured, for messages.</param>
/// <param name="Files">One or two.</param>
/// <param name="Reverse">Source and target change places.</param>
/// <param name="Identity">What the pairs depend on: a content hash, or paths, sizes and times of the user's files.</param>
internal sealed record PairSource(string Name, IReadOnlyList<string> Files, bool Reverse, string Identity)
{
    /// <summary>Two files, a named corpus (fetched if need be), or a path.</summary>
    public static PairSource Resolve(DataConfig data, Action<string>? progress, CancellationToken ct)
    {
        var pairs = data.Pairs;
        if (pairs is { SourceFile: { } source, TargetFile: { } target })
        {
            string[] two = [Path.GetFullPath(source), Path.GetFullPath(target)];
            return new PairSource($"{source} and {target}", two, pairs.Reverse, Digest.OfFileStates(two));
        }

        if (Corpora.IsPairs(data.Source))
        {
            var (file, identity) = Corpora.Pairs(data.Source, data.Cache, progress, ct);
            return new PairSource(data.Source, [file], pairs.Reverse, identity);
        }

        var path = Path.GetFullPath(data.Source);
        if (!File.Exists(path))
            throw new UserErrorException($"data.source: there is no file '{data.Source}', and it is no named data set of aligned texts ({Corpora.BibleEnEs}); name a .tsv file, or two files by data.pairs.source_file and data.pairs.target_file.");
        return new PairSource(data.Source, [path], pairs.Reverse, Digest.OfFileStates([path]));
    }

    /// <summary>The pairs in the files' order; those of which one side is empty are left out.</summary>
    public IEnumerable<TextPair> Read(CancellationToken ct) => (Files.Count == 1 ? Lines(Files[0], ct) : Aligned(ct))
        .Where(pair => pair.Source.Length > 0 && pair.Target.Length > 0)
        .Select(pair => Reverse ? new TextPair(pair.Target, pair.Source) : pair);

    private static IEnumerable<TextPair> Lines(string path, CancellationToken ct)
    {
        var number = 0;
        foreach (var line in Split(path, ct))
        {
            number++;
            if (line.Length == 0) continue;
            var columns = line.Split('\t');
            if (columns.Length != 2)
                throw new UserErrorException($"{path}:{number}: the line has {columns.Length} columns, but must be a source and a target with a tab between; correct the file.");
            yield return new TextPair(columns[0].Trim(), columns[1].Trim());
        }
    }

    private IEnumerable<TextPair> Aligned(CancellationToken ct)
    {
        using var targets = Split(Files[1], ct).GetEnumerator();
        var number = 0;
        foreach (var source in Split(Files[0], ct))
        {
            number++;
            if (!targets.MoveNext()) throw Unequal(Files[1], number - 1, Files[0]);
            var pair = new TextPair(source.Trim(), targets.Current.Trim());
            if (pair.Source.Contains('\t') || pair.Target.Contains('\t'))
                throw new UserErrorException($"{Files[pair.Source.Contains('\t') ? 0 : 1]}:{number}: there is a tab within the segment, which stands between the sides where pairs are kept; replace it by a space.");
            yield return pair;
        }

        if (targets.MoveNext()) throw Unequal(Files[0], number, Files[1]);
    }

    // By line feeds alone: other line ends within a segment must not shift one file against the other.
    private static IEnumerable<string> Split(string path, CancellationToken ct)
    {
        var text = InputFile.ReadText(path, TextLimits.DocumentBytes, InputFile.TextFile);
        for (var at = 0; at < text.Length;)
        {
            ct.ThrowIfCancellationRequested();
            var end = text.IndexOf('\n', at);
            if (end < 0) end = text.Length;
            yield return text[at..end].TrimEnd('\r');
            at = end + 1;
        }
    }

    private static UserErrorException Unequal(string shorter, int lines, string longer) =>
        new($"{shorter}: it has {lines} lines, fewer than '{longer}', so they do not belong together line by line; correct data.pairs.source_file or target_file.");
}
