using System.Globalization;

namespace DyT.Config.Studies;

/// <summary>The keys of one section of a study file, read by type; every error names file, line and field.</summary>
internal sealed class StudyFields
{
    private readonly YamlMapping _mapping;
    private readonly string _path;

    /// <param name="path">Of the section, with a dot behind it; empty at the top.</param>
    /// <param name="known">All keys that it may have.</param>
    public StudyFields(YamlMapping mapping, string path, IReadOnlyList<string> known)
    {
        (_mapping, _path) = (mapping, path);
        foreach (var (name, entry) in mapping.Entries)
        {
            if (!known.Contains(name))
            {
                var nearest = DyT.Config.Text.Nearest(name, known);
                throw new ConfigException(entry.Place, $"unknown key {path}{DyT.Config.Text.Excerpt(name)}; {(nearest is null ? $"the keys here are {string.Join(", ", known)}." : $"did you mean {path}{nearest}?")}");
            }
        }
    }

    public bool Has(string key) => _mapping.Find(key) is not null;

    public ConfigException Error(string key, string predicate) => new(_mapping.Find(key)?.Place ?? _mapping.Place, $"{_path}{key} {predicate}");

    public string Text(string key)
    {
        var text = (Needed(key) as YamlScalar ?? throw Error(key, "must be a single value.")).Value.Trim();
        return text.Length > 0 ? text : throw Error(key, "must not be empty.");
    }

    public int Whole(string key, int absent, int min, int max)
    {
        if (!Has(key))
            return absent;
        return int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Error(key, $"must be a whole number from {min} to {max}.");
    }

    public IReadOnlyList<long> Wholes(string key) =>
        [.. Scalars(key).Select(s => long.TryParse(s.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : throw Error(key, $"has '{DyT.Config.Text.Excerpt(s.Value)}', which is no whole number."))];

    /// <summary>Numbers greater than 0, none twice.</summary>
    public IReadOnlyList<double> Numbers(string key)
    {
        var numbers = Scalars(key)
            .Select(s => double.TryParse(s.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && n > 0 && double.IsFinite(n) ? n : throw Error(key, $"has '{DyT.Config.Text.Excerpt(s.Value)}', which is no number greater than 0."))
            .ToArray();
        return numbers.Distinct().Count() == numbers.Length ? numbers : throw Error(key, "has a number twice.");
    }

    /// <summary>A mapping of key paths to values, as <c>--set</c> would have them; empty when it is absent.</summary>
    public IReadOnlyList<StudySetting> Settings(string key) => Mapping(key) is { } below
        ? [.. below.Entries.Select(e => new StudySetting(e.Key, Flow(e.Value.Value, top: true), e.Value.Place.ToString()))]
        : [];

    /// <summary>A section below; null when it is absent.</summary>
    public StudyFields? Section(string key, IReadOnlyList<string> known) => Mapping(key) is { } below ? new StudyFields(below, $"{_path}{key}.", known) : null;

    /// <summary>A list of sections; empty when it is absent.</summary>
    public IEnumerable<StudyFields> Sections(string key, IReadOnlyList<string> known)
    {
        if (!Has(key))
            yield break;
        foreach (var item in (Needed(key) as YamlList ?? throw Error(key, "must be a list.")).Items)
            yield return item is YamlMapping mapping ? new StudyFields(mapping, $"{_path}{key}.", known) : throw new ConfigException(item.Place, $"an item of {_path}{key} must have the keys {string.Join(", ", known)}.");
    }

    /// <summary>A mapping of names to lists of words.</summary>
    public IEnumerable<(string Name, IReadOnlyList<string> Words, Place Place)> Lists(string key)
    {
        foreach (var (name, entry) in Mapping(key)?.Entries ?? [])
        {
            var list = entry.Value as YamlList ?? throw new ConfigException(entry.Place, $"{_path}{key}.{DyT.Config.Text.Excerpt(name)} must be a list of labels.");
            yield return (name, [.. list.Items.Select(i => (i as YamlScalar ?? throw new ConfigException(i.Place, "a label must be a single value.")).Value)], entry.Place);
        }
    }

    private YamlTree Needed(string key) => _mapping.Find(key)?.Value ?? throw new ConfigException(_mapping.Place, $"{_path}{key} is missing.");

    private YamlMapping? Mapping(string key) => _mapping.Find(key)?.Value switch
    {
        null or YamlScalar { IsNull: true } => null,
        YamlMapping mapping => mapping,
        _ => throw Error(key, "must be a section of keys."),
    };

    private IEnumerable<YamlScalar> Scalars(string key) =>
        (Needed(key) as YamlList ?? throw Error(key, "must be a list, such as [1, 2, 3].")).Items.Select(i => i as YamlScalar ?? throw Error(key, "must be a list of single values."));

    // Back to text, in YAML's flow style: what --set takes.
    private static string Flow(YamlTree tree, bool top = false) => tree switch
    {
        YamlScalar { Quoted: false } plain => plain.Value,
        YamlScalar quoted => $"\"{Escape(quoted.Value)}\"",
        YamlList list => $"[{string.Join(", ", list.Items.Select(i => Flow(i)))}]",
        YamlMapping mapping when !top => $"{{{string.Join(", ", mapping.Entries.Select(e => $"{e.Key}: {Flow(e.Value.Value)}"))}}}",
        _ => throw new ConfigException(tree.Place, "a setting is given by its full path and a value, such as model.site.kind: dyt."),
    };

    private static string Escape(string text) => string.Concat(text.Select(c => c switch
    {
        '"' or '\\' => $"\\{c}",
        _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => c.ToString(),
    }));
}
