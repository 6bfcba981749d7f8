namespace DyT.Config;

/// <summary>A word that earlier versions wrote for this value: still read, so that their runs can be opened and resumed.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class FormerWordAttribute(string word) : Attribute
{
    public string Word { get; } = word;
}
