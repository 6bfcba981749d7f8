namespace DyT.Cli.Studies;

/// <summary>The commands that make a study's runs, for processes and for people. Pure.</summary>
public static class StudyCommandLine
{
    /// <summary>Words behind <c>dyt</c> that start the cell anew.</summary>
    public static IReadOnlyList<string> Start(StudyPlan plan, StudyCell cell) =>
        ["train", plan.File.Base, "--name", cell.Id, .. cell.Overrides.Append($"output={plan.Output}").SelectMany(o => new[] { "--set", o })];

    /// <summary>Words behind <c>dyt</c> that go on with the cell's run.</summary>
    public static IReadOnlyList<string> Resume(string run) => ["train", "--resume", run];

    /// <summary>What one types into a shell to make the cell's run, wherever its folder may be.</summary>
    public static string Text(StudyPlan plan, StudyCell cell) =>
        string.Join(' ', ["./dyt", "train", Quote(plan.File.Base), .. cell.Overrides.SelectMany(o => new[] { "--set", Quote(o) })]);

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or '=' or '+' or ',' or ':') ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
