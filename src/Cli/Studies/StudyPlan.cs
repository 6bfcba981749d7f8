using System.Globalization;
using DyT.Config;
using DyT.Config.Studies;

namespace DyT.Cli.Studies;

/// <summary>One combination of the axes' values.</summary>
/// <param name="Id">Its labels as part of a folder's name.</param>
/// <param name="Labels">One for each axis.</param>
/// <param name="Settings">What it sets over the base; of two for one key only the one that wins.</param>
public sealed record StudyGroup(string Id, IReadOnlyList<string> Labels, IReadOnlyList<StudySetting> Settings);

/// <summary>One run of the study.</summary>
/// <param name="Id">Name of the run.</param>
/// <param name="Overrides"><c>a.b=c</c>, all but the name and the folder.</param>
/// <param name="SearchedRate">The learning rate that it tries; null for a cell of the grid.</param>
/// <param name="Config">The resolved configuration.</param>
public sealed record StudyCell(string Id, StudyGroup Group, long Seed, double? SearchedRate, IReadOnlyList<string> Overrides, RunConfig Config);

/// <summary>The grid that a study file spells, long or short, as groups and cells. Pure but for reading the base.</summary>
/// <param name="Output">Folder of the cells' runs.</param>
public sealed record StudyPlan(
    StudyFile File,
    bool IsShort,
    string Output,
    IReadOnlyList<StudyAxis> Axes,
    IReadOnlyList<long> Seeds,
    IReadOnlyList<double> SearchLr,
    int SearchSteps,
    IReadOnlyList<StudyGroup> Groups)
{
    private const int MaxCells = 10_000;
    private const int LongestId = 100;

    /// <summary>Name of the study's folder.</summary>
    public string Id => NameOf(File, IsShort);

    public bool Searches => SearchLr.Count > 0;

    public static string NameOf(StudyFile file, bool isShort) => isShort ? $"{file.Name}-short" : file.Name;

    /// <exception cref="UserErrorException">There is no short form, or there are too many cells.</exception>
    public static StudyPlan Of(StudyFile file, bool isShort, string output)
    {
        if (isShort && file.Short is null)
            throw new UserErrorException($"{file.Source}: it has no short form; add a section 'short', or leave --short out.", UserErrorException.Usage);
        var less = isShort ? file.Short : null;
        var axes = file.Axes.Select(a => less?.Axes.GetValueOrDefault(a.Name) is { } kept ? a with { Values = [.. a.Values.Where(v => kept.Contains(v.Label))] } : a).ToArray();
        if (file.Baseline is { } baseline && axes[file.BaselineAxis].Values.All(v => v.Label != baseline))
            throw new ConfigException(file.Source, $"the short form leaves the baseline '{baseline}' out; keep it in short.axes.{axes[file.BaselineAxis].Name}.");
        var seeds = less?.Seeds ?? file.Seeds;
        var rates = less?.SearchLr ?? file.SearchLr;
        var count = axes.Aggregate((double)seeds.Count + rates.Count, (n, axis) => n * axis.Values.Count);
        if (count > MaxCells)
            throw new ConfigException(file.Source, string.Create(CultureInfo.InvariantCulture, $"the grid has {count:0} runs; at most {MaxCells} are allowed."));
        var searchSteps = less?.SearchSteps ?? file.SearchSteps;
        if (rates.Count > 0 && searchSteps == 0)
            throw new ConfigException(file.Source, "short.search_lr needs search_steps: how many steps a learning rate is tried for.");
        return new StudyPlan(file, isShort, output, axes, seeds, rates, searchSteps, [.. Combinations(axes).Select(values => GroupOf(file, less, values))]);
    }

    /// <summary>Runs that try the learning rates for a group, with the first seed.</summary>
    public IEnumerable<StudyCell> SearchCells(StudyGroup group) => SearchLr.Select(rate =>
    {
        var own = Load(group, []);
        // Where a step takes many samples, the cells themselves may have fewer steps.
        var steps = Math.Min(SearchSteps, own.Train.Steps);
        var warmup = Math.Min(own.Schedule.Warmup, Math.Max(1, steps / 10));
        // The rate is chosen by the validation loss: translations of trials would be for nobody.
        string[] unscored = own.Sample.Score ? ["sample.score=false"] : [];
        return Cell(group, Seeds[0], $"lr{Number(rate)}", rate, [$"optimizer.lr={Number(rate)}", $"train.steps={Number(steps)}", $"schedule.warmup={Number(warmup)}", .. unscored]);
    });

    /// <summary>The cells of a group.</summary>
    /// <param name="rate">The learning rate that was found; null: the configuration's.</param>
    public IEnumerable<StudyCell> Cells(StudyGroup group, double? rate) =>
        Seeds.Select(seed => Cell(group, seed, $"s{Number(seed)}", null, rate is { } lr ? [$"optimizer.lr={Number(lr)}"] : []));

    /// <summary>Checks the configuration of every run that there may be, before any is made.</summary>
    /// <exception cref="ConfigException">One of them cannot be used.</exception>
    public void Validate()
    {
        foreach (var group in Groups)
        {
            _ = SearchCells(group).Count();
            foreach (var rate in Searches ? SearchLr.Select(r => (double?)r) : [null])
            {
                foreach (var cell in Cells(group, rate))
                {
                    var metrics = StudyMetrics.Of(cell.Config);
                    if (!metrics.Contains(File.Metric))
                        throw new ConfigException(File.Source, $"metric '{File.Metric}' is none that cell {cell.Id} has; there are {string.Join(", ", metrics)}{(cell.Config.Model.Arch == ArchKind.Seq2seq && !StudyMetrics.ScoresTranslations(cell.Config) ? " (and bleu and chrf with sample.score: true and data.pairs.test_fraction above 0)" : "")}.");
                }
            }
        }
    }

    private StudyCell Cell(StudyGroup group, long seed, string suffix, double? searched, IReadOnlyList<string> more)
    {
        var id = group.Id.Length == 0 ? suffix : $"{group.Id}_{suffix}";
        if (id.Length > LongestId)
            throw new ConfigException(File.Source, $"the labels of cell '{id}' are too long together: they name a folder of at most {LongestId} characters.");
        string[] own = [.. more, $"seed={Number(seed)}"];
        var config = Load(group, [.. own, $"output={Output}", $"name={id}"]);
        var keys = own.Select(KeyOf).ToHashSet();
        return new StudyCell(id, group, seed, searched, [.. group.Settings.Where(s => !keys.Contains(s.Key)).Select(s => s.Override), .. own], config);
    }

    private RunConfig Load(StudyGroup group, IReadOnlyList<string> more)
    {
        try
        {
            return ConfigLoader.LoadFile(File.Base, [.. group.Settings.Select(s => s.Override), .. more]);
        }
        catch (ConfigException e)
        {
            // It names the setting as if it had been typed; here it stands in a file.
            var setting = group.Settings.LastOrDefault(s => e.Message.StartsWith($"--set {s.Override}:", StringComparison.Ordinal));
            throw new ConfigException(setting?.Place ?? File.Source, $"cell {(group.Id.Length == 0 ? "(all)" : group.Id)}: {e.Message}", e);
        }
    }

    private static StudyGroup GroupOf(StudyFile file, StudyShort? less, IReadOnlyList<StudyValue> values)
    {
        var all = file.Set.Concat(less?.Set ?? []).Concat(values.SelectMany(v => less is null ? v.Set : v.Set.Concat(v.Short))).ToArray();
        var winners = all.Where((s, i) => !all.Skip(i + 1).Any(later => later.Key == s.Key)).ToArray();
        return new StudyGroup(string.Join('_', values.Select(v => StudyReader.Slug(v.Label))), [.. values.Select(v => v.Label)], winners);
    }

    private static IEnumerable<IReadOnlyList<StudyValue>> Combinations(IReadOnlyList<StudyAxis> axes) =>
        axes.Aggregate((IEnumerable<IReadOnlyList<StudyValue>>)[[]], (all, axis) => all.SelectMany(one => axis.Values.Select(v => (IReadOnlyList<StudyValue>)[.. one, v])));

    private static string KeyOf(string setting) => setting[..setting.IndexOf('=', StringComparison.Ordinal)];

    private static string Number(IFormattable value) => value is double number
        ? number.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant()
        : value.ToString(null, CultureInfo.InvariantCulture);
}
