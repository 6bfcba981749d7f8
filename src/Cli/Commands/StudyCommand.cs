using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Short">The form of a few minutes.</param>
/// <param name="DryRun">Say what would be run.</param>
/// <param name="Output">Folder of the studies' folders.</param>
/// <param name="Publish">Folder for a copy of the Markdown report and its figures; null: none.</param>
public sealed record StudyOptions(string File, bool Short, bool DryRun, string Output, string? Publish);

/// <summary><c>dyt study STUDY</c>.</summary>
public static class StudyCommand
{
    public static Command Create(Func<StudyOptions, int> run)
    {
        var file = new Argument<string>("STUDY") { Description = "Study file (YAML), such as configs/studies/lm-sites.yaml." };
        var brief = new Option<bool>("--short") { Description = "The study's short form: minutes instead of hours." };
        var dry = new Option<bool>("--dry-run") { Description = "Check everything and print the cells and their commands; run nothing." };
        var output = new Option<string>("--output") { Description = "Folder that holds the studies' folders.", HelpName = "FOLDER", DefaultValueFactory = _ => "studies" };
        var publish = new Option<string?>("--publish") { Description = "Copy the Markdown report and its figures to this folder.", HelpName = "FOLDER" };
        var command = new Command("study", "Run a grid of trainings (sites, seeds, any setting) and report what they come to; goes on where it was stopped.") { file, brief, dry, output, publish };
        command.SetAction(parse => run(new StudyOptions(parse.GetRequiredValue(file), parse.GetValue(brief), parse.GetValue(dry), parse.GetValue(output)!, parse.GetValue(publish))));
        return command;
    }
}
