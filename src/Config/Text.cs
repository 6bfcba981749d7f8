using System.Text;

namespace DyT.Config;

/// <summary>Words for messages: names in snake_case, foreign text made safe to print, lists, and the nearest of several words.</summary>
internal static class Text
{
    private const int LongestExcerpt = 60;
    private const int LongestComparedWord = 64;

    /// <summary>A C# name as a YAML key or word: <c>MinWorkers</c> is <c>min_workers</c>.</summary>
    public static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetterUpper(name[i]) && i > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>Text from outside, cut short: it may be a megabyte long.</summary>
    public static string Excerpt(string text, int longest = LongestExcerpt) =>
        text.Length <= longest ? text : text[..longest] + "...";

    /// <summary>The same text without anything that would break a line or drive a terminal.</summary>
    public static string OneLine(string text)
    {
        if (!text.Any(BreaksLine))
            return text;
        var safe = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (BreaksLine(c))
                safe.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                safe.Append(c);
        }

        return safe.ToString();
    }

    /// <summary>"a", "a or b", "a, b or c".</summary>
    public static string Alternatives(IReadOnlyList<string> words) => words.Count switch
    {
        0 => "",
        1 => words[0],
        _ => $"{string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}",
    };

    /// <summary>The candidate with the fewest edits from <paramref name="word"/>; null where none is near enough to be a slip.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LongestComparedWord)
            return null;
        var allowed = Math.Clamp(word.Length / 3, 1, 3);
        return candidates
            .Select(candidate => (candidate, edits: EditDistance(word, candidate)))
            .Where(pair => pair.edits <= allowed)
            .OrderBy(pair => pair.edits)
            .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>Edits that turn one word into the other: insert, delete, replace, or swap two neighbours (optimal string alignment).</summary>
    public static int EditDistance(string a, string b)
    {
        var edits = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            edits[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            edits[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                var best = Math.Min(replace, 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, edits[i - 2, j - 2] + 1);
                edits[i, j] = best;
            }
        }

        return edits[a.Length, b.Length];
    }

    private static bool BreaksLine(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff';
}
