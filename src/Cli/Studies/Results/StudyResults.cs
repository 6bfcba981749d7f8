using System.Text.Json;
using DyT.Runs;

namespace DyT.Cli.Studies.Results;

/// <summary>Everything that a study found: <c>results.json</c>.</summary>
/// <param name="Planned">Cells of the grid; more than <paramref name="Cells"/> when it was stopped.</param>
/// <param name="Searches">Runs that tried learning rates.</param>
public sealed record StudyResults(
    string Study,
    string Title,
    string Question,
    string Base,
    string? Baseline,
    string Metric,
    string Machine,
    int Planned,
    IReadOnlyList<CellResult> Searches,
    IReadOnlyList<CellResult> Cells)
{
    public static StudyResults Of(StudyPlan plan, string machine, IReadOnlyList<CellResult> searches, IReadOnlyList<CellResult> cells) => new(
        plan.Id, plan.File.Title, plan.File.Question, plan.File.Base, plan.File.Baseline, plan.File.Metric, machine, plan.Groups.Count * plan.Seeds.Count, searches, cells);

    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Indented);
}
