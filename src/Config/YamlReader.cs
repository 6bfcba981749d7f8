using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DyT.Config;

/// <summary>
/// Reads YAML into a <see cref="YamlTree"/> from parser events: bounded in size and depth, one document, no anchors, aliases,
/// tags or non-scalar keys, so that nothing in a file can name a type, expand itself, or exhaust the stack.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Far above any real configuration, far below what could hurt.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The deepest key is three levels down.</summary>
    public const int MaxDepth = 16;

    private const int LongestReason = 160;

    private readonly string _source;
    private readonly bool _hasLines;
    private readonly Parser _parser;

    private YamlReader(string yaml, string source, bool hasLines)
    {
        _source = source;
        _hasLines = hasLines;
        _parser = new Parser(new StringReader(yaml));
    }

    /// <summary>Reads a whole document; an empty one is an empty mapping.</summary>
    public static YamlMapping ReadDocument(string yaml, string source)
    {
        if (Encoding.UTF8.GetByteCount(yaml) > MaxBytes)
            throw TooLarge(source);
        // A byte order mark is no part of the first key.
        return new YamlReader(yaml.TrimStart('\ufeff'), source, hasLines: true).Document() switch
        {
            null or YamlScalar { IsNull: true } => new YamlMapping(new Place(source)),
            YamlMapping mapping => mapping,
            var other => throw new ConfigException(other.Place, "a configuration is a mapping of keys to values, such as 'name: run', not a list or a lone value."),
        };
    }

    /// <summary>
    /// Reads the value of an override. Text in quotes follows YAML's rules; anything else is taken as it stands,
    /// so that a prompt with a colon or a hash needs no second quoting.
    /// </summary>
    public static YamlScalar ReadScalar(string text, string source)
    {
        var trimmed = text.Trim();
        if (trimmed is not ['"' or '\'', ..])
            return new YamlScalar(new Place(source), trimmed, Quoted: false);
        return new YamlReader(trimmed, source, hasLines: false).Document() is YamlScalar scalar
            ? scalar
            : throw new ConfigException(new Place(source), "a value that starts with a quote must be one quoted text.");
    }

    /// <summary>Reads the value of an override of a list, which is YAML.</summary>
    public static YamlTree ReadList(string text, string source) =>
        new YamlReader(text, source, hasLines: false).Document() ?? new YamlScalar(new Place(source), "", Quoted: false);

    public static ConfigException TooLarge(string source) =>
        new(new Place(source), $"the file is larger than {MaxBytes / 1024} KiB, which no configuration is; is it the right file?");

    private YamlTree? Document()
    {
        Expect<StreamStart>();
        if (!Next(out var first) || first is StreamEnd)
            return null;
        Next(out var root);
        var tree = Tree(root, 0);
        Expect<DocumentEnd>();
        if (Next(out var after) && after is DocumentStart)
            throw new ConfigException(PlaceOf(after), "a second document starts here; a configuration is one document.");
        return tree;
    }

    private YamlTree Tree(ParsingEvent? node, int depth)
    {
        var place = PlaceOf(node);
        if (depth > MaxDepth)
            throw new ConfigException(place, $"nested more than {MaxDepth} levels deep; settings are at most 3 levels down.");
        switch (node)
        {
            case AnchorAlias:
                throw new ConfigException(place, "aliases (*name) are not supported; write the value out.");
            case NodeEvent { Anchor.IsEmpty: false }:
                throw new ConfigException(place, "anchors (&name) are not supported; write the value where it is needed.");
            case NodeEvent { Tag.IsEmpty: false }:
                throw new ConfigException(place, "tags (!name) are not supported; write the plain value.");
            case Scalar scalar:
                return new YamlScalar(place, scalar.Value, Quoted: scalar.Style != ScalarStyle.Plain);
            case SequenceStart:
                var items = new List<YamlTree>();
                while (Next(out var item) && item is not SequenceEnd)
                    items.Add(Tree(item, depth + 1));
                return new YamlList(place, items);
            case MappingStart:
                return Mapping(place, depth);
            default:
                throw new ConfigException(place, "not valid YAML: a value is missing.");
        }
    }

    private YamlMapping Mapping(Place place, int depth)
    {
        var mapping = new YamlMapping(place);
        while (Next(out var key) && key is not MappingEnd)
        {
            if (Tree(key, depth + 1) is not YamlScalar { Value: var name } scalar)
                throw new ConfigException(PlaceOf(key), "a key must be a plain word, not a list or a mapping.");
            if (mapping.Find(name) is { } earlier)
                throw new ConfigException(scalar.Place, $"key {Text.Excerpt(name)} is given twice; the first is on line {earlier.Place.Line}.");
            Next(out var value);
            mapping.Set(name, new YamlEntry(scalar.Place, Tree(value, depth + 1)));
        }

        return mapping;
    }

    private void Expect<T>()
        where T : ParsingEvent
    {
        if (!Next(out var node) || node is not T)
            throw new ConfigException(PlaceOf(node), "not valid YAML: the document ends in an unexpected place.");
    }

    /// <summary>The next event that carries meaning; false at the end of the stream.</summary>
    private bool Next(out ParsingEvent? node)
    {
        do
        {
            node = Advance() ? _parser.Current : null;
        }
        while (node is Comment);
        return node is not null;
    }

    private bool Advance()
    {
        try
        {
            return _parser.MoveNext();
        }
        catch (YamlException e)
        {
            throw Invalid(e.Start, e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or ArithmeticException)
        {
            // The scanner lets exceptions of the base library through, such as for the escape "\Uffffffff".
            throw Invalid(_parser.Current?.End ?? Mark.Empty, e);
        }
    }

    private ConfigException Invalid(Mark mark, Exception e) =>
        new(PlaceOf(mark), $"not valid YAML: {Text.Excerpt(e.Message.TrimEnd('.'), LongestReason)}.", e);

    private Place PlaceOf(ParsingEvent? node) => node is null ? new Place(_source) : PlaceOf(node.Start);

    private Place PlaceOf(Mark mark) => new(_source, _hasLines ? (int)Math.Clamp((long)mark.Line, 1, int.MaxValue) : 0);
}
