using System.Globalization;
using System.Reflection;

namespace DyT.Config;

/// <summary>Turns a scalar into a key's value, or says in words what the key allows.</summary>
internal static class ScalarReader
{
    /// <exception cref="ConfigException">The text is not of the key's kind or outside its bounds.</exception>
    public static object? Read(ConfigKey key, YamlScalar scalar)
    {
        if (scalar.IsNull)
        {
            return key.Nullable
                ? null
                : throw Wrong(key, scalar, key.Kind == ValueKind.Text ? "is empty; write \"\" for an empty text." : $"is empty, but must be {Allowed(key)}.");
        }

        return key.Kind switch
        {
            ValueKind.Text => scalar.Value,
            ValueKind.Flag => Flag(key, scalar),
            ValueKind.Whole when key.Type == typeof(int) => (int)Whole(key, scalar),
            ValueKind.Whole => Whole(key, scalar),
            ValueKind.Number => Number(key, scalar),
            ValueKind.Word => Word(key, scalar),
            _ => throw new InvalidOperationException($"{key.Path} is a section."),
        };
    }

    /// <summary>"a whole number of at least 1", "dyt, derf or none": what the key takes, for messages and comments.</summary>
    public static string Allowed(ConfigKey key) => key.Kind switch
    {
        ValueKind.Flag => "true or false",
        ValueKind.Whole => "a whole number" + Bounds(key),
        ValueKind.Number => "a number" + Bounds(key),
        ValueKind.Word => Text.Alternatives(key.Words),
        ValueKind.Section => "a section of keys",
        ValueKind.List => "a list of sections",
        _ => "text",
    };

    private static bool Flag(ConfigKey key, YamlScalar scalar) => (scalar.Quoted ? null : scalar.Value) switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => throw Wrong(key, scalar),
    };

    private static long Whole(ConfigKey key, YamlScalar scalar)
    {
        if (scalar.Quoted
            || !long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            || !WithinBounds(key, value))
        {
            throw Wrong(key, scalar);
        }

        return value;
    }

    private static double Number(ConfigKey key, YamlScalar scalar)
    {
        var text = scalar.Quoted ? "" : scalar.Value;
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        // Infinity and NaN satisfy or dodge every comparison, and no setting means them.
        if (!double.TryParse(text, Styles, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value) || !WithinBounds(key, value))
            throw Wrong(key, scalar);
        return value;
    }

    private static object Word(ConfigKey key, YamlScalar scalar)
    {
        for (var i = 0; i < key.Words.Count; i++)
        {
            if (key.Words[i] == scalar.Value)
                return Enum.GetValues(key.Type).GetValue(i)!;
        }

        var former = key.Type.GetFields(BindingFlags.Public | BindingFlags.Static).FirstOrDefault(value => value.GetCustomAttribute<FormerWordAttribute>()?.Word.Equals(scalar.Value, StringComparison.OrdinalIgnoreCase) == true);
        return former?.GetValue(null) ?? throw Wrong(key, scalar);
    }

    private static bool WithinBounds(ConfigKey key, double value) =>
        (key.Setting.ExclusiveMin ? value > key.Min : value >= key.Min) && value <= key.Max;

    private static string Bounds(ConfigKey key)
    {
        var min = Plain(key.Min);
        var max = Plain(key.Max);
        return (double.IsFinite(key.Min), double.IsFinite(key.Max), key.Setting.ExclusiveMin) switch
        {
            (true, true, false) => $" from {min} to {max}",
            (true, true, true) => $" greater than {min} and at most {max}",
            (true, false, false) => $" of at least {min}",
            (true, false, true) => $" greater than {min}",
            (false, true, _) => $" of at most {max}",
            _ => "",
        };
    }

    private static string Plain(double value) => value.ToString("0.################", CultureInfo.InvariantCulture);

    private static ConfigException Wrong(ConfigKey key, YamlScalar scalar) =>
        Wrong(key, scalar, $"is {Quote(scalar)}, but must be {Allowed(key)}.");

    private static ConfigException Wrong(ConfigKey key, YamlScalar scalar, string sentence) =>
        new(scalar.Place, $"{key.Path} {sentence}");

    private static string Quote(YamlScalar scalar) =>
        scalar.Quoted ? $"the text \"{Text.Excerpt(scalar.Value)}\"" : $"'{Text.Excerpt(scalar.Value)}'";
}
