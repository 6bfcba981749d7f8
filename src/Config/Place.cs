namespace DyT.Config;

/// <summary>Where a piece of configuration came from: a line of a file, or a <c>--set</c> on the command line.</summary>
/// <param name="Source">The file's name as the user wrote it, or the whole <c>--set</c>.</param>
/// <param name="Line">One-based; 0 where a line means nothing.</param>
internal readonly record struct Place(string Source, int Line = 0)
{
    public override string ToString() => Line > 0 ? $"{Source}:{Line}" : Source;
}
