using Spectre.Console;

namespace DyT.Cli.Doctor;

/// <summary>A finding as a line of text, with the advice below it.</summary>
public static class FindingLine
{
    public static Markup Of(string name, Finding finding)
    {
        var mark = finding.Status switch
        {
            CheckStatus.Ok => "[green]ok  [/]",
            CheckStatus.Warn => "[yellow]warn[/]",
            _ => "[red]FAIL[/]",
        };
        var advice = finding.Advice is { } text ? $"     {new string(' ', 18)}[yellow]-> {Markup.Escape(text)}[/]\n" : "";
        return new Markup($"{mark} {Markup.Escape(name),-18}{Markup.Escape(finding.What)}\n{advice}");
    }
}
