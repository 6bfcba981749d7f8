namespace DyT.Config;

/// <summary>A piece of configuration as read, before anything is known about keys: scalars, mappings and lists.</summary>
internal abstract record YamlTree(Place Place);

/// <param name="Place">Where it stands.</param>
/// <param name="Value">The text, unescaped.</param>
/// <param name="Quoted">Quoted text is never a number, a flag or null.</param>
internal sealed record YamlScalar(Place Place, string Value, bool Quoted) : YamlTree(Place)
{
    public bool IsNull => !Quoted && (Value is "" or "~" or "null" or "Null" or "NULL");
}

internal sealed record YamlList(Place Place, IReadOnlyList<YamlTree> Items) : YamlTree(Place);

/// <summary>Keys in the order of the file, each with the place where its name stands.</summary>
internal sealed record YamlMapping(Place Place) : YamlTree(Place)
{
    private readonly OrderedDictionary<string, YamlEntry> _entries = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, YamlEntry>> Entries => _entries;

    public YamlEntry? Find(string key) => _entries.GetValueOrDefault(key);

    public void Set(string key, YamlEntry entry) => _entries[key] = entry;
}

internal sealed record YamlEntry(Place Place, YamlTree Value);
