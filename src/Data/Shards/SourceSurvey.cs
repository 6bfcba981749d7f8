using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>What a first pass over the documents finds out, without keeping them.</summary>
/// <param name="Lengths">Of every document, in UTF-16 units.</param>
/// <param name="Characters">The distinct code points.</param>
internal sealed record SourceSurvey(IReadOnlyList<int> Lengths, IReadOnlyCollection<Rune> Characters)
{
    public static SourceSurvey Take(DocumentSource source, CancellationToken ct)
    {
        var lengths = new List<int>();
        var inBasicPlane = new bool[1 << 16];
        var beyond = new HashSet<Rune>();
        foreach (var document in source.Documents(ct))
        {
            lengths.Add(document.Length);
            for (var i = 0; i < document.Length; i++)
            {
                // Every reader gives well-formed UTF-16, so a surrogate is the first half of a pair.
                if (!char.IsSurrogate(document[i])) inBasicPlane[document[i]] = true;
                else if (Rune.TryGetRuneAt(document, i++, out var rune)) beyond.Add(rune);
            }
        }

        if (lengths.Count == 0)
            throw new UserErrorException($"data.source: '{source.Name}' has no text in it; name one that has.");
        for (var c = 0; c < inBasicPlane.Length; c++)
            if (inBasicPlane[c]) beyond.Add(new Rune(c));
        return new SourceSurvey(lengths, beyond);
    }
}
