using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DyT.Config;

/// <summary>
/// The JSON schema (draft 2020-12) by which editors complete and check the YAML files. It says what the loader says of single
/// keys; checks between keys are <see cref="ConfigValidator"/>'s alone.
/// </summary>
public static class ConfigSchema
{
    private static readonly JsonWriterOptions Layout = new()
    {
        Indented = true,
        NewLine = "\n",
        // The text is read by people and editors, never put into HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema as text that ends with a line feed; the same bytes on every system.</summary>
    public static string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Layout))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            json.WriteString("title", "DyT.Distributed run");
            json.WriteString("description", "A training run. Generated: dyt config schema > configs/dyt.schema.json");
            json.WriteString("type", "object");
            WriteProperties(json, ConfigKeys.Root, new RunConfig());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteProperties(Utf8JsonWriter json, ConfigSection section, object defaults)
    {
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        foreach (var key in section.Keys)
        {
            json.WriteStartObject(key.Name);
            json.WriteString("description", key.Setting.Description);
            var value = key.Property.GetValue(defaults);
            if (key.Kind == ValueKind.List)
            {
                WriteType(json, "array", nullable: true);
                json.WriteStartObject("items");
                json.WriteString("type", "object");
                WriteProperties(json, key.Section!, Activator.CreateInstance(key.Section!.Type)!);
                json.WriteEndObject();
            }
            else if (key.Section is { } below)
            {
                // Null: a section whose keys are all commented out.
                WriteType(json, "object", nullable: true);
                WriteProperties(json, below, value!);
            }
            else
            {
                WriteValue(json, key, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, ConfigKey key, object? value)
    {
        switch (key.Kind)
        {
            case ValueKind.Word:
                WriteWords(json, key.Words, key.Nullable);
                break;
            case ValueKind.Text when key.Property.Name == nameof(ModelConfig.Preset):
                WriteWords(json, Presets.Names, key.Nullable);
                break;
            case ValueKind.Flag:
                WriteType(json, "boolean", key.Nullable);
                break;
            case ValueKind.Whole:
                WriteType(json, "integer", key.Nullable);
                WriteBounds(json, key);
                break;
            case ValueKind.Number:
                WriteType(json, "number", key.Nullable);
                WriteBounds(json, key);
                break;
            default:
                // The loader takes a bare 2024 or true for text as well, as people expect of a name or a prompt.
                json.WriteStartArray("type");
                foreach (var type in (string[])["string", "number", "boolean"])
                    json.WriteStringValue(type);
                if (key.Nullable)
                    json.WriteStringValue("null");
                json.WriteEndArray();
                break;
        }

        json.WritePropertyName("default");
        WriteDefault(json, value);
    }

    private static void WriteType(Utf8JsonWriter json, string type, bool nullable)
    {
        if (!nullable)
        {
            json.WriteString("type", type);
            return;
        }

        json.WriteStartArray("type");
        json.WriteStringValue(type);
        json.WriteStringValue("null");
        json.WriteEndArray();
    }

    private static void WriteWords(Utf8JsonWriter json, IReadOnlyList<string> words, bool nullable)
    {
        json.WriteStartArray("enum");
        foreach (var word in words)
            json.WriteStringValue(word);
        if (nullable)
            json.WriteNullValue();
        json.WriteEndArray();
    }

    private static void WriteBounds(Utf8JsonWriter json, ConfigKey key)
    {
        if (double.IsFinite(key.Min))
            json.WriteNumber(key.Setting.ExclusiveMin ? "exclusiveMinimum" : "minimum", key.Min);
        if (double.IsFinite(key.Max))
            json.WriteNumber("maximum", key.Max);
    }

    private static void WriteDefault(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case int or long:
                json.WriteNumberValue(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case Enum word:
                json.WriteStringValue(Text.SnakeCase(word.ToString()));
                break;
            default:
                json.WriteStringValue((string)value);
                break;
        }
    }
}
