using System.Text.RegularExpressions;

namespace DyT.Data;

/// <summary>Plain text of a verse's OSIS markup.</summary>
internal static partial class OsisText
{
    /// <summary>The chapter that begins in an entry, such as "Gen.1"; null where none does.</summary>
    public static string? Chapter(string osis) => ChapterStart().Match(osis) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>
    /// The verse alone: notes and titles go with their text, other tags without it, and what follows the chapter's end (a glossary, in one edition) is no part of it.
    /// White space is one space, and none before a closing sign.
    /// </summary>
    public static string Plain(string osis)
    {
        if (ChapterEnd().Match(osis) is { Success: true } end) osis = osis[..end.Index];
        // A space in a note's place: it may be all that stands between two words.
        var text = Tag().Replace(Aside().Replace(osis, " "), "");
        // The ampersand last, so that "&amp;lt;" stays "&lt;".
        text = text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);
        return SpaceBeforeSign().Replace(Space().Replace(text, " ").Trim(), "$1");
    }

    [GeneratedRegex("<chapter [^>]*osisID=\"([^\"]*)\"", RegexOptions.CultureInvariant)]
    private static partial Regex ChapterStart();

    [GeneratedRegex("<chapter [^>]*eID=", RegexOptions.CultureInvariant)]
    private static partial Regex ChapterEnd();

    [GeneratedRegex(@"<(note|title)\b[^>]*?(?<!/)>.*?</\1>", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Aside();

    [GeneratedRegex("<[^>]*>", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Space();

    [GeneratedRegex(@" ([,.;:?!”’)])", RegexOptions.CultureInvariant)]
    private static partial Regex SpaceBeforeSign();
}
