using System.Reflection;

namespace DyT.Config;

/// <summary>What a key's value is.</summary>
internal enum ValueKind { Section, List, Text, Flag, Whole, Number, Word }

/// <summary>One key of a section, read from a record's property.</summary>
/// <param name="Name">The YAML key: the property's name in snake_case.</param>
/// <param name="Path">The full key path, such as <c>model.site.kind</c>.</param>
/// <param name="Property">The property that holds the value.</param>
/// <param name="Setting">Description and bounds.</param>
/// <param name="Kind">What the value is.</param>
/// <param name="Type">The value's type without its nullability.</param>
/// <param name="Nullable">Whether null (absent) is a value of its own.</param>
/// <param name="Words">The allowed words of an enum; otherwise empty.</param>
/// <param name="Section">The keys below, of a list those of each item; null for a value.</param>
internal sealed record ConfigKey(
    string Name,
    string Path,
    PropertyInfo Property,
    SettingAttribute Setting,
    ValueKind Kind,
    Type Type,
    bool Nullable,
    IReadOnlyList<string> Words,
    ConfigSection? Section)
{
    /// <summary>Smallest value; what the type can hold is a bound too.</summary>
    public double Min => Math.Max(Setting.Min, Type == typeof(int) ? int.MinValue : double.NegativeInfinity);

    /// <summary>Largest value; what the type can hold is a bound too.</summary>
    public double Max => Math.Min(Setting.Max, Type == typeof(int) ? int.MaxValue : double.PositiveInfinity);
}

/// <summary>The keys of one record, in the order of its declaration.</summary>
internal sealed record ConfigSection(Type Type, IReadOnlyList<ConfigKey> Keys)
{
    public ConfigKey? Find(string name) => Keys.FirstOrDefault(key => key.Name == name);
}

/// <summary>
/// The tree of all keys, made once from the records. Loader, writer, schema and suggestions all walk this one tree,
/// so a property added to a record is a key everywhere at once.
/// </summary>
internal static class ConfigKeys
{
    public static ConfigSection Root { get; } = SectionOf(typeof(RunConfig), "");

    /// <summary>All values of the tree, depth first.</summary>
    public static IEnumerable<ConfigKey> Values(ConfigSection section) =>
        section.Keys.SelectMany(key => key.Section is { } below ? Values(below) : [key]);

    private static ConfigSection SectionOf(Type type, string prefix)
    {
        // Reflection promises no order; metadata tokens follow the declaration.
        var keys = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .OrderBy(property => property.MetadataToken)
            .Select(property => KeyOf(property, prefix))
            .ToArray();
        return new ConfigSection(type, keys);
    }

    private static ConfigKey KeyOf(PropertyInfo property, string prefix)
    {
        var name = Text.SnakeCase(property.Name);
        var path = prefix + name;
        var setting = property.GetCustomAttribute<SettingAttribute>()
            ?? throw new InvalidOperationException($"{property.DeclaringType}.{property.Name} has no [Setting].");
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var nullable = type != property.PropertyType
            || !type.IsValueType && new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
        var kind = KindOf(type);
        var words = kind == ValueKind.Word ? Enum.GetNames(type).Select(Text.SnakeCase).ToArray() : [];
        var section = kind switch
        {
            ValueKind.Section => SectionOf(type, path + "."),
            ValueKind.List => SectionOf(type.GetGenericArguments()[0], path + "."),
            _ => null,
        };
        return new ConfigKey(name, path, property, setting, kind, type, nullable, words, section);
    }

    private static ValueKind KindOf(Type type)
    {
        if (type.IsEnum)
            return ValueKind.Word;
        if (type == typeof(string))
            return ValueKind.Text;
        if (type == typeof(bool))
            return ValueKind.Flag;
        if (type == typeof(int) || type == typeof(long))
            return ValueKind.Whole;
        if (type == typeof(double))
            return ValueKind.Number;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueList<>))
            return ValueKind.List;
        if (type.IsClass && type.Namespace == typeof(RunConfig).Namespace)
            return ValueKind.Section;
        throw new InvalidOperationException($"A setting cannot be of type {type}.");
    }
}
