namespace DyT.Config;

/// <summary>What to say about a key that does not exist: the nearest that does.</summary>
internal static class UnknownKey
{
    public static ConfigException Error(ConfigSection section, string path, string name, Place place) =>
        new(place, $"unknown key {path}{Text.Excerpt(name)}; {Advice(section, path, name)}");

    /// <summary>A slip of the pen in this section, else the same or nearly the same key in another one, else the section's keys.</summary>
    private static string Advice(ConfigSection section, string path, string name)
    {
        if (Text.Nearest(name, section.Keys.Select(key => key.Name)) is { } sibling)
            return $"did you mean {path}{sibling}?";
        if (ConfigKeys.Values(ConfigKeys.Root).Any(key => key.Path == path + name))
            return "in a file keys are nested, one section per line; only --set takes a path with dots.";
        var elsewhere = ConfigKeys.Values(ConfigKeys.Root).ToLookup(key => key.Name, key => key.Path);
        if (Text.Nearest(name, elsewhere.Select(group => group.Key)) is { } cousin)
            return $"did you mean {Text.Alternatives([.. elsewhere[cousin]])}?";
        var place = path.Length == 0 ? "at the top level" : $"in {path.TrimEnd('.')}";
        return $"the keys {place} are {string.Join(", ", section.Keys.Select(key => key.Name))}.";
    }
}
