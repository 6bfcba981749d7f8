using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DyT.Config;

/// <summary>Writes a configuration in full, every key with its value, in the order of the records; the loader reads it back exactly.</summary>
public static partial class ConfigWriter
{
    private const int CommentWidth = 110;

    // Plain words that some YAML reader takes for something else than text.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan",
    };

    /// <param name="config">The configuration.</param>
    /// <param name="comments">Put each key's description and bounds above it.</param>
    /// <returns>YAML that ends with a line feed.</returns>
    public static string ToYaml(RunConfig config, bool comments)
    {
        var text = new StringBuilder();
        Write(text, ConfigKeys.Root, config, indent: 0, comments);
        return text.ToString();
    }

    private static void Write(StringBuilder text, ConfigSection section, object record, int indent, bool comments)
    {
        var margin = new string(' ', indent);
        foreach (var key in section.Keys)
        {
            if (key.Section is not null && indent == 0)
                text.Append('\n');
            if (comments)
                Comment(text, key, margin);
            var value = key.Property.GetValue(record);
            if (key.Kind == ValueKind.List)
            {
                List(text, key, (System.Collections.IEnumerable)value!, margin);
            }
            else if (key.Section is { } below)
            {
                text.Append(CultureInfo.InvariantCulture, $"{margin}{key.Name}:\n");
                Write(text, below, value!, indent + 2, comments);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{margin}{key.Name}: {Scalar(value)}\n");
            }
        }
    }

    /// <summary>One item per line.</summary>
    private static void List(StringBuilder text, ConfigKey key, System.Collections.IEnumerable items, string margin)
    {
        text.Append(CultureInfo.InvariantCulture, $"{margin}{key.Name}: [");
        var first = true;
        foreach (var item in items)
        {
            var values = key.Section!.Keys.Select(k => $"{k.Name}: {(Scalar(k.Property.GetValue(item)))}");
            text.Append(CultureInfo.InvariantCulture, $"{(first ? "" : ",")}\n{margin}  {{{string.Join(", ", values)}}}");
            first = false;
        }

        text.Append(first ? "]\n" : $"\n{margin}]\n");
    }

    private static void Comment(StringBuilder text, ConfigKey key, string margin)
    {
        var limits = key.Kind is ValueKind.Whole or ValueKind.Number ? $" ({ScalarReader.Allowed(key)})" : "";
        var line = new StringBuilder();
        foreach (var word in (key.Setting.Description + limits).Split(' '))
        {
            if (line.Length > 0 && margin.Length + line.Length + word.Length + 3 > CommentWidth)
            {
                text.Append(CultureInfo.InvariantCulture, $"{margin}#{line}\n");
                line.Clear();
            }

            line.Append(' ').Append(word);
        }

        text.Append(CultureInfo.InvariantCulture, $"{margin}#{line}\n");
    }

    private static string Scalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double number => Number(number),
        string words => Quote(words),
        Enum word => Text.SnakeCase(word.ToString()),
        IFormattable whole => whole.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"A setting cannot be of type {value.GetType()}."),
    };

    /// <summary>The shortest digits that read back to the same bits, with the point that older YAML readers need to see a number.</summary>
    private static string Number(double value)
    {
        var digits = value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
        if (digits.Contains('.', StringComparison.Ordinal))
            return digits;
        var exponent = digits.IndexOf('e', StringComparison.Ordinal);
        return exponent < 0 ? digits + ".0" : digits.Insert(exponent, ".0");
    }

    private static string Quote(string value)
    {
        if (PlainText().IsMatch(value) && !Reserved.Contains(value))
            return value;
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff')
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                text.Append(c);
        }

        return text.Append('"').ToString();
    }

    [GeneratedRegex(@"\A[./]{0,3}[A-Za-z][A-Za-z0-9_./-]*\z")]
    private static partial Regex PlainText();
}
