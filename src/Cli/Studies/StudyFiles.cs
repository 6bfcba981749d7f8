using DyT.Cli.Studies.Reports;
using DyT.Cli.Studies.Results;
using DyT.Config;

namespace DyT.Cli.Studies;

/// <summary>Writes a study's results and reports.</summary>
public static class StudyFiles
{
    /// <param name="publish">Folder for a copy of the Markdown report and its figures, named after the study; null: none.</param>
    /// <exception cref="UserErrorException">A file cannot be written.</exception>
    public static void Write(StudyPlan plan, StudyResults results, string folder, string? publish)
    {
        var writing = folder;
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "results.json"), results.ToJson() + "\n");
            var report = StudyReport.Of(plan, results, "");
            File.WriteAllText(Path.Combine(folder, "report.html"), HtmlWriter.Write(report));
            Markdown(report, folder, "report.md");
            if (publish is null)
                return;
            writing = publish;
            Directory.CreateDirectory(publish);
            Markdown(StudyReport.Of(plan, results, $"{plan.Id}-"), publish, $"{plan.Id}.md");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{writing}: the report cannot be written ({e.Message.TrimEnd('.')}); free space or choose another folder. The runs are kept.", inner: e);
        }
    }

    private static void Markdown(IReadOnlyList<Block> report, string folder, string name)
    {
        File.WriteAllText(Path.Combine(folder, name), MarkdownWriter.Write(report));
        foreach (var figure in report.OfType<Figure>())
            File.WriteAllBytes(Path.Combine(folder, figure.File), figure.Png);
    }
}
