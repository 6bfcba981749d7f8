namespace DyT.Data;

/// <summary>Which documents are used, and for what: a pure function of their lengths and the seed.</summary>
public static class DocumentSplit
{
    public enum Part
    {
        Unused,
        Train,
        Validation,
    }

    /// <summary>
    /// Documents are taken in a seeded order until <paramref name="maxChars"/> are together; the first of that order are kept for validation until they make up
    /// <paramref name="valFraction"/> of what is used. At least one document goes to either side when there are two or more.
    /// </summary>
    public static Part[] Of(IReadOnlyList<int> lengths, long seed, double valFraction, long? maxChars)
    {
        var parts = new Part[lengths.Count];
        if (lengths.Count == 0)
            return parts;
        var order = new Permutation(lengths.Count, Mixing.Of((ulong)seed, 3));
        var used = new List<int>();
        long chars = 0;
        for (var i = 0; i < lengths.Count && (used.Count < 2 || maxChars is null || chars < maxChars); i++)
        {
            var document = (int)order.Of(i);
            used.Add(document);
            chars += lengths[document];
        }

        long validation = 0;
        foreach (var document in used)
        {
            var isLast = document == used[^1];
            parts[document] = validation < valFraction * chars && !isLast ? Part.Validation : Part.Train;
            if (parts[document] == Part.Validation)
                validation += lengths[document];
        }

        return parts;
    }
}
