namespace DyT.Data.Pairs;

/// <summary>A segment of text and what it is to become.</summary>
public readonly record struct TextPair(string Source, string Target);
