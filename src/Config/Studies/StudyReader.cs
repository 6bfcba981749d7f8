namespace DyT.Config.Studies;

/// <summary>Reads a study file strictly: bounded, every key known, every label and reference checked. Whatever is wrong is a <see cref="ConfigException"/> with file, line and field.</summary>
public static class StudyReader
{
    private const int MaxSeeds = 1000;
    private const int MaxAxes = 6;
    private const int MaxValues = 100;
    private const int MaxParallel = 256;
    private const int LongestLabel = 40;

    /// <summary>Labels that a message names.</summary>
    private const int MaxNamed = 10;

    private static readonly string[] Keys = ["name", "title", "question", "base", "set", "axes", "seeds", "search_lr", "search_steps", "short", "parallel", "baseline", "metric"];

    /// <exception cref="ConfigException">The file cannot be used.</exception>
    public static StudyFile Read(string path) => Parse(ConfigLoader.ReadText(path), path);

    /// <summary>Reads YAML text; <paramref name="source"/> stands for the file in messages, and <c>base</c> is relative to its folder.</summary>
    public static StudyFile Parse(string yaml, string source)
    {
        var document = YamlReader.ReadDocument(yaml, source);
        var fields = new StudyFields(document, "", Keys);
        var name = fields.Text("name");
        if (!IsName(name))
            throw fields.Error("name", $"'{Text.Excerpt(name)}' must be letters, digits, '-' and '_' alone, at most 60: it names a folder.");
        var axes = Axes(fields);
        var search = fields.Has("search_lr") ? fields.Numbers("search_lr") : [];
        var steps = fields.Whole("search_steps", 0, 1, 1_000_000_000);
        if (search.Count > 0 && steps == 0)
            throw fields.Error("search_lr", "needs search_steps: how many steps a learning rate is tried for.");
        var baseline = fields.Has("baseline") ? fields.Text("baseline") : null;
        if (baseline is not null && (axes.Count == 0 || axes[0].Values.All(v => v.Label != baseline)))
            throw fields.Error("baseline", $"'{Text.Excerpt(baseline)}' is no label of the first axis; {Labels(axes)}");
        var file = new StudyFile(
            source,
            name,
            fields.Has("title") ? fields.Text("title") : name,
            fields.Has("question") ? fields.Text("question") : "",
            Beside(source, fields.Text("base")),
            fields.Settings("set"),
            axes,
            Seeds(fields) ?? [1],
            search,
            steps,
            fields.Section("short", ["set", "seeds", "axes", "search_lr", "search_steps"]) is { } below ? Short(below, axes) : null,
            fields.Whole("parallel", 1, 1, MaxParallel),
            baseline,
            fields.Has("metric") ? fields.Text("metric") : "val_loss");
        if ((file.SearchLr.Count > 0 || file.Short?.SearchLr is { Count: > 0 }) && LearningRate(file) is { } twice)
            throw new ConfigException(twice.Place, "optimizer.lr is set here, and search_lr would choose it too; leave one of them out.");
        return file;
    }

    private static List<StudyAxis> Axes(StudyFields fields)
    {
        var axes = new List<StudyAxis>();
        foreach (var axis in fields.Sections("axes", ["name", "values"]))
        {
            var name = axis.Text("name");
            if (name.Length > LongestLabel)
                throw axis.Error("name", $"'{Text.Excerpt(name)}' must have at most {LongestLabel} characters.");
            if (axes.Any(a => a.Name == name))
                throw axis.Error("name", $"'{Text.Excerpt(name)}' names two axes.");
            var values = new List<StudyValue>();
            foreach (var value in axis.Sections("values", ["label", "set", "short"]))
            {
                var label = value.Text("label");
                if (label.Length > LongestLabel || Slug(label).Trim('-').Length == 0)
                    throw value.Error("label", $"'{Text.Excerpt(label)}' must have a letter or a digit, and at most {LongestLabel} characters.");
                if (values.Any(v => Slug(v.Label) == Slug(label)))
                    throw value.Error("label", $"'{Text.Excerpt(label)}' is too like another label of this axis: both would name the same folder.");
                values.Add(new StudyValue(label, value.Settings("set"), value.Settings("short")));
            }

            if (values.Count is 0 or > MaxValues)
                throw axis.Error("values", $"must be 1 to {MaxValues} values, each with a label and what it sets.");
            axes.Add(new StudyAxis(name, values));
        }

        return axes.Count <= MaxAxes ? axes : throw fields.Error("axes", $"are more than {MaxAxes}.");
    }

    private static StudyShort Short(StudyFields fields, List<StudyAxis> axes)
    {
        var kept = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (axis, labels, place) in fields.Lists("axes"))
        {
            var known = axes.FirstOrDefault(a => a.Name == axis)
                ?? throw new ConfigException(place, $"short.axes.{Text.Excerpt(axis)} is no axis; {(axes.Count == 0 ? "there are none." : $"the axes are {string.Join(", ", axes.Select(a => a.Name))}.")}");
            if (labels.FirstOrDefault(l => known.Values.All(v => v.Label != l)) is { } unknown)
                throw new ConfigException(place, $"short.axes.{axis} keeps '{Text.Excerpt(unknown)}', which is no label of that axis; {Labels([known])}");
            if (labels.Count == 0)
                throw new ConfigException(place, $"short.axes.{axis} must keep at least one label.");
            kept[axis] = labels;
        }

        return new StudyShort(
            fields.Settings("set"),
            Seeds(fields),
            kept,
            fields.Has("search_lr") ? fields.Numbers("search_lr") : null,
            fields.Has("search_steps") ? fields.Whole("search_steps", 0, 1, 1_000_000_000) : null);
    }

    private static IReadOnlyList<long>? Seeds(StudyFields fields)
    {
        if (!fields.Has("seeds"))
            return null;
        var seeds = fields.Wholes("seeds");
        return seeds.Count is 0 or > MaxSeeds || seeds.Distinct().Count() < seeds.Count || seeds.Any(s => s < 0)
            ? throw fields.Error("seeds", $"must be 1 to {MaxSeeds} different whole numbers, none negative, such as [1, 2, 3].")
            : seeds;
    }

    private static StudySetting? LearningRate(StudyFile file) =>
        file.Axes.SelectMany(a => a.Values).SelectMany(v => v.Set.Concat(v.Short)).Concat(file.Set).Concat(file.Short?.Set ?? []).FirstOrDefault(s => s.Key == "optimizer.lr");

    private static string Labels(List<StudyAxis> axes) =>
        axes.Count == 0 ? "there is no axis." : $"its labels are {string.Join(", ", axes[0].Values.Take(MaxNamed).Select(v => v.Label))}{(axes[0].Values.Count > MaxNamed ? ", ..." : "")}.";

    // A path as short as the user would type it, so that commands in reports hold on other machines.
    private static string Beside(string source, string path)
    {
        try
        {
            var full = Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(source))!);
            var relative = Path.GetRelativePath(Environment.CurrentDirectory, full);
            return relative.StartsWith("..", StringComparison.Ordinal) ? full : relative;
        }
        catch (ArgumentException e)
        {
            throw new ConfigException(source, $"base is '{Text.Excerpt(path)}', which is no path.", e);
        }
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 60 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>A label as a part of a folder's name.</summary>
    public static string Slug(string label) => string.Concat(label.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-'));
}
