using System.Text;

namespace DyT.Cli.Studies.Reports;

/// <summary>A report as Markdown, with its figures as files beside it. Pure.</summary>
public static class MarkdownWriter
{
    public static string Write(IReadOnlyList<Block> report)
    {
        var text = new StringBuilder();
        foreach (var block in report)
        {
            if (text.Length > 0)
                text.Append('\n');
            switch (block)
            {
                case Heading heading:
                    text.Append('#', heading.Level).Append(' ').Append(Escape(heading.Text)).Append('\n');
                    break;
                case Paragraph paragraph:
                    text.Append(Escape(paragraph.Text)).Append('\n');
                    break;
                case Items items:
                    foreach (var line in items.Lines)
                        text.Append("- ").Append(Escape(line)).Append('\n');
                    break;
                case Code code:
                    text.Append("```\n").Append(code.Text).Append("\n```\n");
                    break;
                case Figure figure:
                    text.Append("![").Append(Escape(figure.Caption)).Append("](").Append(figure.File).Append(")\n\n").Append(Escape(figure.Caption)).Append('\n');
                    break;
                case Grid grid:
                    Row(text, grid.Columns);
                    text.Append("| ").AppendJoin(" | ", grid.Numeric.Select(n => n ? "---:" : "---")).Append(" |\n");
                    foreach (var row in grid.Rows)
                        Row(text, row);
                    break;
            }
        }

        return text.ToString();
    }

    private static void Row(StringBuilder text, IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells.Select(Escape)).Append(" |\n");

    // Labels and messages are anybody's text; none of it is to become markup or a new line of a table.
    private static string Escape(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => c is '|' or '*' or '_' or '`' or '<' or '[' or ']' or '\\' ? $"\\{c}" : c.ToString()));
}
