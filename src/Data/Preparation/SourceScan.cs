namespace DyT.Data;

/// <summary>What a first pass over the documents finds: their lengths, and which characters occur.</summary>
internal sealed record SourceScan(IReadOnlyList<int> Lengths, IReadOnlySet<int> Characters)
{
    public static SourceScan Of(ITextSource source, bool wantCharacters, CancellationToken cancellation)
    {
        var lengths = new List<int>();
        var characters = new HashSet<int> { '\n' }; // separates documents
        foreach (var document in source.Documents())
        {
            cancellation.ThrowIfCancellationRequested();
            lengths.Add(document.Length);
            if (!wantCharacters)
                continue;
            foreach (var rune in document.EnumerateRunes())
                characters.Add(rune.Value);
        }

        return new SourceScan(lengths, characters);
    }
}
