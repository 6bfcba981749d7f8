namespace DyT.Config;

/// <summary>
/// What a setting means, for people and for the schema, and the bounds that every reader checks.
/// Keys in YAML are the property names in snake_case.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string description) : Attribute
{
    /// <summary>One or two sentences; the unit where there is one.</summary>
    public string Description { get; } = description;

    /// <summary>Smallest allowed value of a number (inclusive unless <see cref="ExclusiveMin"/>).</summary>
    public double Min { get; set; } = double.NegativeInfinity;

    /// <summary>Largest allowed value of a number, inclusive.</summary>
    public double Max { get; set; } = double.PositiveInfinity;

    /// <summary>The value must be greater than <see cref="Min"/>, not equal.</summary>
    public bool ExclusiveMin { get; set; }
}
