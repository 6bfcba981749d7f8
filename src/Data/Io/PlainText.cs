using DyT.Config;

namespace DyT.Data;

/// <summary>A text file that a person names.</summary>
public static class PlainText
{
    /// <summary>The whole file, as UTF-8.</summary>
    /// <exception cref="UserErrorException">It is missing, unreadable, too large or not UTF-8.</exception>
    public static string Read(string path) => InputFile.ReadText(path, TextLimits.DocumentBytes, InputFile.TextFile);
}
