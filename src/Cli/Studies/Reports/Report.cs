namespace DyT.Cli.Studies.Reports;

/// <summary>A piece of a report, before it is Markdown or HTML.</summary>
public abstract record Block;

/// <param name="Level">1 is the title.</param>
public sealed record Heading(int Level, string Text) : Block;

public sealed record Paragraph(string Text) : Block;

/// <param name="Columns">Names; numbers stand right.</param>
/// <param name="Numeric">By column.</param>
public sealed record Grid(IReadOnlyList<string> Columns, IReadOnlyList<bool> Numeric, IReadOnlyList<IReadOnlyList<string>> Rows) : Block;

public sealed record Items(IReadOnlyList<string> Lines) : Block;

/// <summary>Text as it is typed.</summary>
public sealed record Code(string Text) : Block;

/// <param name="File">Name of the PNG without a folder.</param>
public sealed record Figure(string File, byte[] Png, string Caption) : Block;
