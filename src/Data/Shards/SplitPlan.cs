namespace DyT.Data;

/// <summary>
/// Which documents are trained on, which are kept for validation and which are left out: a pure function of the documents'
/// lengths and the seed.
/// </summary>
/// <remarks>
/// Documents are ranked by a keyed hash of their index (a seeded shuffle); they are taken in that order up to max_chars, the
/// first val_fraction of those taken for validation. A single document is split in place instead, its end for validation.
/// </remarks>
internal sealed class SplitPlan
{
    private enum Use : byte { None, Train, Validation, Both }

    private readonly Use[] _uses;
    private readonly double _valFraction;
    private readonly int _shortened = -1;
    private readonly int _shortenedLength;

    public SplitPlan(IReadOnlyList<int> lengths, long seed, double valFraction, long? maxChars)
    {
        _uses = new Use[lengths.Count];
        _valFraction = valFraction;
        var ranked = KeyedOrder.Of(lengths.Count, seed);
        var taken = 0;
        for (var left = maxChars ?? long.MaxValue; taken < ranked.Length && left > 0; taken++)
        {
            var length = lengths[ranked[taken]];
            if (length > left) (_shortened, _shortenedLength) = (ranked[taken], (int)left);
            left -= length;
        }

        if (taken == 1) _uses[ranked[0]] = Use.Both;
        if (taken < 2) return;
        var validation = (int)Math.Clamp(Math.Round(taken * valFraction), 1, taken - 1);
        for (var i = 0; i < taken; i++) _uses[ranked[i]] = i < validation ? Use.Validation : Use.Train;
    }

    /// <summary>The parts of a document for training and for validation; null: none.</summary>
    public (string? Train, string? Validation) Parts(int index, string text)
    {
        if (index == _shortened) text = text[..Border(text, _shortenedLength)];
        switch (_uses[index])
        {
            case Use.Train: return (text, null);
            case Use.Validation: return (null, text);
            case Use.Both:
                var cut = Border(text, text.Length - (int)Math.Ceiling(text.Length * _valFraction));
                return (text[..cut], text[cut..]);
            default: return (null, null);
        }
    }

    /// <summary>The nearest place at or before an index that does not cut a surrogate pair.</summary>
    private static int Border(string text, int at) =>
        at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]) ? at - 1 : at;
}
