using System.Net;
using System.Text;

namespace DyT.Cli.Studies.Reports;

/// <summary>A report as one HTML file that needs no other: style and figures are in it. Pure.</summary>
public static class HtmlWriter
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .7rem; text-align: left; white-space: nowrap; border-bottom: 1px solid #e4e4e4; } th { border-bottom: 2px solid #888; font-weight: 600; }
        .n { text-align: right; } tbody tr:hover { background: #f5f8fb; }
        figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; } figcaption { color: #555; font-size: .9rem; }
        pre { background: #f6f6f6; padding: .8rem; font-size: .78rem; white-space: pre-wrap; word-break: break-word; border-radius: 4px; }
        """;

    public static string Write(IReadOnlyList<Block> report)
    {
        var title = report.OfType<Heading>().First().Text;
        var text = new StringBuilder();
        text.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        text.Append("<title>").Append(Escape(title)).Append("</title>\n<style>\n").Append(Style).Append("\n</style>\n</head>\n<body>\n");
        foreach (var block in report)
            Write(text, block);
        return text.Append("</body>\n</html>\n").ToString();
    }

    private static void Write(StringBuilder text, Block block)
    {
        switch (block)
        {
            case Heading heading:
                text.Append($"<h{heading.Level}>{Escape(heading.Text)}</h{heading.Level}>\n");
                break;
            case Paragraph paragraph:
                text.Append($"<p>{Escape(paragraph.Text)}</p>\n");
                break;
            case Items items:
                text.Append("<ul>\n").AppendJoin("", items.Lines.Select(l => $"<li>{Escape(l)}</li>\n")).Append("</ul>\n");
                break;
            case Code code:
                text.Append($"<pre>{Escape(code.Text)}</pre>\n");
                break;
            case Figure figure:
                text.Append($"<figure><img alt=\"{Escape(figure.Caption)}\" src=\"data:image/png;base64,{Convert.ToBase64String(figure.Png)}\"><figcaption>{Escape(figure.Caption)}</figcaption></figure>\n");
                break;
            case Grid grid:
                text.Append("<div class=\"scroll\"><table>\n<thead>");
                Row(text, grid.Columns, grid.Numeric, "th");
                text.Append("</thead>\n<tbody>\n");
                foreach (var row in grid.Rows)
                    Row(text, row, grid.Numeric, "td");
                text.Append("</tbody>\n</table></div>\n");
                break;
        }
    }

    private static void Row(StringBuilder text, IReadOnlyList<string> cells, IReadOnlyList<bool> numeric, string tag) =>
        text.Append("<tr>").AppendJoin("", cells.Select((c, i) => $"<{tag}{(numeric[i] ? " class=\"n\"" : "")}>{Escape(c)}</{tag}>")).Append("</tr>\n");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
