using Spectre.Console;

namespace DyT.Cli.Views;

/// <summary>The console that commands write to.</summary>
public static class Terminal
{
    // A file or pipe has no width; the library would break lines at 80, in the middle of paths.
    private const int WidthOfFiles = 240;

    public static IAnsiConsole Open()
    {
        var console = AnsiConsole.Console;
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = WidthOfFiles;
        return console;
    }
}
