using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace DyT.Data;

/// <summary>The prose of the .NET SDK's own XML documentation: English text that is there wherever this program can be built.</summary>
internal static partial class DotnetDocs
{
    private const string Pack = "Microsoft.NETCore.App.Ref";
    private static readonly string[] Prose = ["summary", "remarks", "param", "typeparam", "returns", "value", "exception"];

    /// <summary>A document is the prose of one type and its members; a paragraph that stood before is left out.</summary>
    public static ITextSource Open(Action<string>? progress)
    {
        var files = Files();
        progress?.Invoke($"reading the .NET SDK's documentation ({files.Count} files)");
        var seen = new HashSet<string>();
        var types = new SortedDictionary<string, StringBuilder>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            foreach (var member in Members(file))
            {
                foreach (var paragraph in Paragraphs(member).Where(seen.Add))
                {
                    var type = TypeOf((string?)member.Attribute("name") ?? "");
                    if (!types.TryGetValue(type, out var text))
                        types.Add(type, text = new StringBuilder());
                    text.Append(paragraph).Append('\n');
                }
            }
        }

        var identity = string.Join('\n', files.Select(f => $"{Path.GetFileName(f)}|{new FileInfo(f).Length}"));
        return new MemorySource("dotnet-docs\n" + identity, [.. types.Values.Select(t => t.ToString())]);
    }

    /// <summary>Cheap to tell without reading: whether the SDK's documentation is there.</summary>
    public static bool IsPresent() => FindPack() is not null;

    private static List<string> Files()
    {
        var pack = FindPack() ?? throw new DataException($"the .NET SDK's documentation (packs/{Pack}) was not found: set DOTNET_ROOT to the SDK's folder, or choose another data.source");
        return [.. Directory.EnumerateFiles(pack, "*.xml").Order(StringComparer.Ordinal)];
    }

    private static string? FindPack() => Roots()
        .Select(root => Path.Combine(root, "packs", Pack))
        .Where(Directory.Exists)
        .SelectMany(Directory.EnumerateDirectories)
        .OrderByDescending(v => Version.TryParse(Path.GetFileName(v).Split('-')[0], out var version) ? version : new Version())
        .SelectMany(v => Directory.Exists(Path.Combine(v, "ref")) ? Directory.EnumerateDirectories(Path.Combine(v, "ref")) : [])
        .FirstOrDefault(f => Directory.EnumerateFiles(f, "*.xml").Any());

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } named)
            yield return named;
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
    }

    private static IEnumerable<XElement> Members(string file)
    {
        try
        {
            using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            return [.. XDocument.Load(reader).Descendants("member")];
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static IEnumerable<string> Paragraphs(XElement member)
    {
        foreach (var element in member.Elements().Where(e => Prose.Contains(e.Name.LocalName)))
        {
            var text = Spaces().Replace(Plain(TextOf(element)), " ").Trim();
            if (text.Length >= 20 && text.All(c => c is >= ' ' and <= '~'))
                yield return text;
        }
    }

    /// <summary>Text with references replaced by the short names of what they refer to.</summary>
    private static string TextOf(XElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.Nodes())
        {
            if (node is XText plain)
            {
                text.Append(plain.Value);
            }
            else if (node is XElement inner)
            {
                var reference = (string?)inner.Attribute("cref") ?? (string?)inner.Attribute("name") ?? (string?)inner.Attribute("langword");
                text.Append(inner.IsEmpty && reference is not null ? ShortName(reference) : TextOf(inner));
                if (inner.Name.LocalName is "para" or "item" or "description")
                    text.Append(' ');
            }
        }

        return text.ToString();
    }

    /// <summary>"M:System.String.Concat(System.Object)" -> "Concat".</summary>
    private static string ShortName(string reference)
    {
        var name = reference.Split('(')[0];
        name = name[(name.LastIndexOfAny(['.', ':']) + 1)..];
        return name.Split('`')[0].Replace("#ctor", "constructor", StringComparison.Ordinal);
    }

    /// <summary>"M:System.String.Concat(System.Object)" -> "System.String".</summary>
    private static string TypeOf(string member)
    {
        var name = (member.Length > 2 ? member[2..] : member).Split('(')[0];
        return member.StartsWith("T:", StringComparison.Ordinal) || !name.Contains('.', StringComparison.Ordinal) ? name : name[..name.LastIndexOf('.')].TrimEnd('.');
    }

    private static string Plain(string text) => text
        .Replace('\u2019', '\'').Replace('\u2018', '\'').Replace('\u201C', '"').Replace('\u201D', '"').Replace('\u2013', '-').Replace('\u2014', '-').Replace('\u00A0', ' ')
        .Replace("\u2026", "...", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
