using System.Buffers;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// English prose out of .NET XML documentation: a document is what is said of one type or member, a line for each of its
/// summary, parameters, return value, exceptions and remarks; references are replaced by their short names, code is left out.
/// </summary>
/// <remarks>Documents with characters outside ASCII, after plain quotes and dashes took the place of typographic ones, are left out: the vocabulary of characters stays small.</remarks>
internal static class DocumentationProse
{
    private const int DeepestElement = 64; // real ones stay below 20; what follows the elements recurses
    private static readonly SearchValues<char> NameEnds = SearchValues.Create("({?*%~");
    private static readonly string[] Sections = ["summary", "typeparam", "param", "returns", "value", "exception", "remarks"];

    /// <summary>Documents of several files in their order, each different one once, where it occurs first.</summary>
    public static IEnumerable<string> Distinct(IEnumerable<string> files, CancellationToken ct)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            ct.ThrowIfCancellationRequested();
            using var stream = InputFile.Open(file, "XML documentation");
            foreach (var document in Read(stream, file))
                if (seen.Add(document)) yield return document;
        }
    }

    /// <summary>Documents of one file.</summary>
    /// <param name="xml">The file; it is read twice.</param>
    /// <param name="place">Its name, for messages.</param>
    public static List<string> Read(Stream xml, string place)
    {
        var documents = new List<string>();
        try
        {
            CheckDepth(xml);
            xml.Position = 0;
            using var reader = Reader(xml);
            reader.MoveToContent();
            while (!reader.EOF)
            {
                // ReadFrom leaves the reader behind the member, perhaps already on the next one.
                if (reader is { NodeType: XmlNodeType.Element, Name: "member" })
                {
                    if (Prose((XElement)XNode.ReadFrom(reader)) is { } document) documents.Add(document);
                }
                else
                {
                    reader.Read();
                }
            }
        }
        catch (XmlException e)
        {
            throw new UserErrorException($"{place}:{e.LineNumber}: the XML documentation is damaged; repair the .NET SDK or choose another data.source.", inner: e);
        }

        return documents;
    }

    private static XmlReader Reader(Stream xml) =>
        XmlReader.Create(xml, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = 1 << 28 });

    // Beforehand, because building the tree of a member takes time by the square of its depth.
    private static void CheckDepth(Stream xml)
    {
        using var reader = Reader(xml);
        while (reader.Read())
            if (reader.Depth > DeepestElement)
                throw new XmlException($"elements are nested more than {DeepestElement} deep", null, ((IXmlLineInfo)reader).LineNumber, 0);
    }

    /// <summary>A reference's last name: <c>M:System.String.Concat(System.Object)</c> gives Concat, a constructor its type.</summary>
    public static string ShortName(string reference)
    {
        var name = reference.Length > 1 && reference[1] == ':' ? reference[2..] : reference;
        var end = name.AsSpan().IndexOfAny(NameEnds);
        if (end >= 0) name = name[..end];
        var parts = name.Split('.', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0) return name;
        var last = parts[^1] is "#ctor" or "#cctor" && parts.Length > 1 ? parts[^2] : parts[^1];
        return last.Split('`')[0];
    }

    private static string? Prose(XElement member)
    {
        var lines = Sections.SelectMany(section => member.Elements(section)).Select(Line).Where(line => line.Length > 0 && line != "To be added.");
        var document = string.Join('\n', lines);
        return document.Length > 0 && document.All(c => c == '\n' || c is >= ' ' and <= '~') ? document : null;
    }

    private static string Line(XElement section)
    {
        var text = new StringBuilder();
        Append(section, text);
        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static void Append(XElement element, StringBuilder text)
    {
        foreach (var node in element.Nodes())
        {
            if (node is XText words) Plain(words.Value, text);
            else if (node is XElement inner) AppendInner(inner, text);
        }
    }

    private static void AppendInner(XElement element, StringBuilder text)
    {
        switch (element.Name.LocalName)
        {
            case "code" or "example":
                break;
            case "see" or "seealso" or "xref" or "paramref" or "typeparamref" when element.IsEmpty || string.IsNullOrWhiteSpace(element.Value):
                text.Append(Reference(element));
                break;
            case "para" or "p" or "br" or "list" or "listheader" or "item" or "term" or "description" or "li" or "ul":
                text.Append(' ');
                Append(element, text);
                text.Append(' ');
                break;
            default:
                Append(element, text);
                break;
        }
    }

    private static string Reference(XElement element) =>
        (string?)element.Attribute("langword") ?? (string?)element.Attribute("name")
        ?? (((string?)element.Attribute("cref") ?? (string?)element.Attribute("uid")) is { } reference ? ShortName(reference) : (string?)element.Attribute("href") ?? "");

    private static void Plain(string words, StringBuilder text)
    {
        foreach (var c in words)
        {
            switch (c)
            {
                case '\u2018' or '\u2019': text.Append('\''); break;
                case '\u201C' or '\u201D': text.Append('"'); break;
                case '\u2010' or '\u2011' or '\u2012' or '\u2013' or '\u2014' or '\u2212': text.Append('-'); break;
                case '\u2026': text.Append("..."); break;
                case '\u00A0': text.Append(' '); break;
                case '\u200B' or '\uFEFF': break;
                default: text.Append(c); break;
            }
        }
    }
}
