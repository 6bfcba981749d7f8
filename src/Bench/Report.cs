using System.Globalization;
using Spectre.Console;

namespace DyT.Bench;

/// <summary>How results are printed: the machine first, then one table that can be pasted into Markdown.</summary>
public static class Report
{
    /// <summary>Date and hardware, the head of every result.</summary>
    public static string Machine() =>
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} x {Processor()}, .NET {Environment.Version}");

    public static void Print(string title, string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Markdown };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column)).NoWrap());
        foreach (var row in rows)
            table.AddRow(row.Select(Markup.Escape).ToArray());
        AnsiConsole.Profile.Width = 200;
        AnsiConsole.WriteLine($"{title} ({Machine()})");
        AnsiConsole.Write(table);
    }

    public static string Number(double value, string format = "0.00") => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Seconds in the unit that reads best.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 1e-3 => Number(seconds * 1e6, "0.0") + " us",
        < 1 => Number(seconds * 1e3) + " ms",
        _ => Number(seconds) + " s",
    };

    private static string Processor()
    {
        try
        {
            var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? "unknown processor";
        }
        catch (IOException)
        {
            return "unknown processor";
        }
    }
}
