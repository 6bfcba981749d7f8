namespace DyT.Config;

/// <summary>Lays <c>--set a.b=c</c> over a document. Of two for one key the later wins.</summary>
internal static class ConfigOverrides
{
    public static void Apply(YamlMapping document, IReadOnlyList<string> overrides)
    {
        foreach (var text in overrides)
            Apply(document, text);
    }

    private static void Apply(YamlMapping document, string text)
    {
        var source = $"--set {Text.Excerpt(text)}";
        var place = new Place(source);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw new ConfigException(place, "an override is written key=value, such as --set train.steps=200.");
        var path = text[..equals].Trim().Split('.');
        if (path.Any(part => part.Length == 0))
            throw new ConfigException(place, "the key is incomplete; write its full path, such as --set model.site.kind=dyt.");
        if (path.Length > YamlReader.MaxDepth)
            throw new ConfigException(place, "the key has too many parts; settings are at most 3 levels down.");

        var isList = path is [var name] && ConfigKeys.Root.Find(name)?.Kind == ValueKind.List;
        YamlTree value = isList ? YamlReader.ReadList(text[(equals + 1)..], source) : YamlReader.ReadScalar(text[(equals + 1)..], source);
        Descend(document, path.AsSpan(0, path.Length - 1), place).Set(path[^1], new YamlEntry(place, value));
    }

    /// <summary>
    /// The mapping at a path. What is missing or empty on the way is made, as if the user had written the section;
    /// a value that stands in the way is an error at its own place.
    /// </summary>
    private static YamlMapping Descend(YamlMapping mapping, ReadOnlySpan<string> path, Place place)
    {
        foreach (var part in path)
        {
            switch (mapping.Find(part)?.Value)
            {
                case YamlMapping below:
                    mapping = below;
                    break;
                case null or YamlScalar { IsNull: true }:
                    var made = new YamlMapping(place);
                    mapping.Set(part, new YamlEntry(place, made));
                    mapping = made;
                    break;
                case var other:
                    throw new ConfigException(other.Place, $"{Text.Excerpt(part)} is a single value or a list here, but --set asks for a key below it.");
            }
        }

        return mapping;
    }
}
