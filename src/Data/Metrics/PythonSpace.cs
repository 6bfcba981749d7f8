namespace DyT.Data.Metrics;

/// <summary>White space as Python's str.split sees it, by which the published definitions of the metrics cut: .NET's, and four separators more.</summary>
internal static class PythonSpace
{
    public static bool Is(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>What stands between white space; no empty words.</summary>
    public static string[] Split(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            while (at < text.Length && Is(text[at])) at++;
            var start = at;
            while (at < text.Length && !Is(text[at])) at++;
            if (at > start) words.Add(text[start..at]);
        }

        return [.. words];
    }

    public static string TrimEnd(string text)
    {
        var end = text.Length;
        while (end > 0 && Is(text[end - 1])) end--;
        return text[..end];
    }
}
