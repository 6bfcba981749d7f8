namespace DyT.Config.Studies;

/// <summary>A grid of runs: every combination of the axes' values, with every seed. Read by <see cref="StudyReader"/>; how to write one: docs/studies.md.</summary>
/// <param name="Source">The file, as the user wrote it.</param>
/// <param name="Name">Of the study's folder.</param>
/// <param name="Question">What it is to find out; one paragraph.</param>
/// <param name="Base">Configuration file of all cells, as a path from the current folder.</param>
/// <param name="Set">What all cells set over it.</param>
/// <param name="Axes">In order; the first one is what is compared.</param>
/// <param name="SearchLr">Learning rates to choose from, cell by cell; empty: the configuration's.</param>
/// <param name="SearchSteps">Steps of a run that tries a learning rate; fewer where the cells have fewer.</param>
/// <param name="Short">The form of a few minutes; null where there is none.</param>
/// <param name="Parallel">Cells at once.</param>
/// <param name="Baseline">Label on the first axis that differences are taken from; null: none.</param>
/// <param name="Metric">val_loss, best_val_loss, or the name of a score such as top1.</param>
public sealed record StudyFile(
    string Source,
    string Name,
    string Title,
    string Question,
    string Base,
    IReadOnlyList<StudySetting> Set,
    IReadOnlyList<StudyAxis> Axes,
    IReadOnlyList<long> Seeds,
    IReadOnlyList<double> SearchLr,
    int SearchSteps,
    StudyShort? Short,
    int Parallel,
    string? Baseline,
    string Metric);

/// <summary>One setting over the base's.</summary>
/// <param name="Key">Full path, such as <c>model.site.kind</c>.</param>
/// <param name="Value">As <c>--set</c> takes it.</param>
/// <param name="Place">File and line.</param>
public sealed record StudySetting(string Key, string Value, string Place)
{
    /// <summary><c>a.b=c</c>.</summary>
    public string Override => $"{Key}={Value}";
}

/// <summary>One dimension of the grid.</summary>
public sealed record StudyAxis(string Name, IReadOnlyList<StudyValue> Values);

/// <summary>One value of an axis.</summary>
/// <param name="Short">What the short form sets over <paramref name="Set"/>.</param>
public sealed record StudyValue(string Label, IReadOnlyList<StudySetting> Set, IReadOnlyList<StudySetting> Short);

/// <summary>What the short form changes. Null: as in the long one.</summary>
/// <param name="Set">Set after the study's own settings and before the axes'.</param>
/// <param name="Axes">Labels that are kept, by axis; other axes keep all.</param>
public sealed record StudyShort(
    IReadOnlyList<StudySetting> Set,
    IReadOnlyList<long>? Seeds,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Axes,
    IReadOnlyList<double>? SearchLr,
    int? SearchSteps);
