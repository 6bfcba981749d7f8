namespace DyT.Config;

/// <summary>Puts a document's values into the records, over the values of a template: the defaults, or a preset's.</summary>
internal sealed class ConfigBinder
{
    private const string PresetKey = nameof(ModelConfig.Preset);
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Where the value of a key path stands; null when nobody gave it.</summary>
    public Place? PlaceOf(string path) => _places.TryGetValue(path, out var place) ? place : null;

    public RunConfig Bind(YamlMapping document) => (RunConfig)Bind(ConfigKeys.Root, "", document, new RunConfig());

    private object Bind(ConfigSection section, string path, YamlMapping mapping, object template)
    {
        foreach (var (name, entry) in mapping.Entries)
        {
            if (section.Find(name) is null)
                throw UnknownKey.Error(section, path, name, entry.Place);
        }

        if (section.Type == typeof(ModelConfig))
            template = Preset(section, mapping) ?? template;

        // The records have init-only setters and no copy method that reflection could name; a new object takes every key.
        var result = Activator.CreateInstance(section.Type)!;
        foreach (var key in section.Keys)
        {
            var value = key.Property.GetValue(template);
            if (mapping.Find(key.Name) is { } entry)
            {
                _places[key.Path] = entry.Place;
                value = Value(key, entry.Value, value);
            }

            key.Property.SetValue(result, value);
        }

        return result;
    }

    private object? Value(ConfigKey key, YamlTree tree, object? template) => (key.Section, tree) switch
    {
        ({ } items, YamlList list) when key.Kind == ValueKind.List => List(key, items, list),
        ({ }, YamlScalar { IsNull: true }) when key.Kind == ValueKind.List => Activator.CreateInstance(key.Type),
        ({ }, _) when key.Kind == ValueKind.List => throw new ConfigException(tree.Place, $"{key.Path} is {(tree is YamlMapping ? "a mapping" : "a single value")}, but must be a list, such as {key.Path}: [{{kind: calibrate}}, {{kind: train}}]."),
        ({ } section, YamlMapping below) => Bind(section, key.Path + ".", below, template!),
        // A section whose keys are all commented out is an empty value in YAML.
        ({ }, YamlScalar { IsNull: true }) => template,
        ({ } section, _) => throw new ConfigException(tree.Place, $"{key.Path} is a section; give its keys below it, such as {section.Keys[0].Path}."),
        (null, YamlScalar scalar) => ScalarReader.Read(key, scalar),
        _ => throw new ConfigException(tree.Place, $"{key.Path} is {(tree is YamlList ? "a list" : "a mapping")}, but must be {ScalarReader.Allowed(key)}."),
    };

    private object List(ConfigKey key, ConfigSection section, YamlList list)
    {
        var items = Array.CreateInstance(section.Type, list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i] is not YamlMapping mapping)
                throw new ConfigException(list.Items[i].Place, $"an item of {key.Path} must be a section of keys, such as {{kind: {section.Keys[0].Words[0]}}}.");
            items.SetValue(Bind(section, key.Path + ".", mapping, Activator.CreateInstance(section.Type)!), i);
        }

        return Activator.CreateInstance(key.Type, items)!;
    }

    private static ModelConfig? Preset(ConfigSection section, YamlMapping mapping)
    {
        var key = section.Keys.Single(candidate => candidate.Property.Name == PresetKey);
        if (mapping.Find(key.Name)?.Value is not YamlScalar { IsNull: false } scalar)
            return null;
        if (Presets.Find(scalar.Value) is { } preset)
            return preset.Model;
        var nearest = Text.Nearest(scalar.Value, Presets.Names);
        var hint = nearest is null ? "" : $" (did you mean {nearest}?)";
        throw new ConfigException(scalar.Place, $"{key.Path} is '{Text.Excerpt(scalar.Value)}'{hint}, but must be {Text.Alternatives(Presets.Names)}.");
    }
}
