using System.Text.Json;
using DyT.Config;

namespace DyT.Data;

/// <summary>Typed access to a JSON object that others wrote: a wrong shape becomes a sentence with the file and the place.</summary>
internal readonly struct JsonInput(JsonElement element, string file, string place)
{
    public JsonValueKind ValueKind => element.ValueKind;

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public static JsonInput Parse(byte[] bytes, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
            var root = new JsonInput(document.RootElement.Clone(), file, "");
            return root.ValueKind == JsonValueKind.Object ? root : throw root.Wrong("an object");
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{file}:{e.LineNumber + 1}: not valid JSON; check that it is the right file and whole.", inner: e);
        }
    }

    /// <summary>A member that may be absent.</summary>
    public JsonInput this[string name]
    {
        get
        {
            if (element.ValueKind != JsonValueKind.Object) throw Wrong("an object");
            return new JsonInput(Member(name), file, place.Length == 0 ? name : $"{place}.{name}");
        }
    }

    public string Text() => TextOrNull() ?? throw Wrong("a string");

    public string? TextOrNull()
    {
        if (IsNull) return null;
        if (element.ValueKind != JsonValueKind.String) throw Wrong("a string");
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException($"{file}: {place} is not valid Unicode text; the file is damaged.", inner: e);
        }
    }

    public bool Flag(bool absent = false) => element.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => absent,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    public int Number() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) ? number : throw Wrong("a whole number");

    public long Long() => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number) ? number : throw Wrong("a whole number");

    public double Real() => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong("a number");

    /// <summary>Items of an array; none if it is absent.</summary>
    public IEnumerable<JsonInput> Items()
    {
        if (IsNull) return [];
        if (element.ValueKind != JsonValueKind.Array) throw Wrong("an array");
        var (f, p) = (file, place);
        return element.EnumerateArray().Select((item, i) => new JsonInput(item, f, $"{p}[{i}]"));
    }

    /// <summary>Names and whole numbers of an object.</summary>
    public Dictionary<string, int> Numbers()
    {
        if (element.ValueKind != JsonValueKind.Object) throw Wrong("an object of tokens and their numbers");
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            foreach (var member in element.EnumerateObject())
                numbers[member.Name] = new JsonInput(member.Value, file, $"{place}['{member.Name}']").Number();
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException($"{file}: a name in {place} is not valid Unicode text; the file is damaged.", inner: e);
        }

        return numbers;
    }

    public UserErrorException Wrong(string wanted) =>
        new($"{file}: {(place.Length == 0 ? "the file" : place)} is {(IsNull ? "missing" : Kind(element.ValueKind))}, but must be {wanted}; check that it is the right file and whole.");

    private JsonElement Member(string name)
    {
        try
        {
            return element.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException e)
        {
            // The names are compared unescaped, and one of them is half a surrogate pair.
            throw new UserErrorException($"{file}: a name in {(place.Length == 0 ? "the file" : place)} is not valid Unicode text; the file is damaged.", inner: e);
        }
    }

    private static string Kind(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number of another kind",
        _ => "true or false",
    };
}
