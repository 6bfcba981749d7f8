using DyT.Config.Studies;

namespace DyT.Config.Tests.Studies;

public sealed class StudyReaderTests
{
    private const string Whole = """
        name: sites
        title: Sites
        question: Which?
        base: ../base.yaml
        set: {train.steps: 100, stages: [{kind: calibrate, kappa_grid: "1, 2"}, {kind: train}], sample.prompt: ""}
        axes:
          - name: site
            values:
              - {label: layernorm, set: {model.site.kind: layernorm}}
              - {label: dyt, set: {model.site.kind: dyt}, short: {train.steps: 5}}
        seeds: [1, 2]
        search_lr: [1e-3, 3e-3]
        search_steps: 5
        baseline: layernorm
        metric: top1
        parallel: 2
        short: {seeds: [7], axes: {site: [layernorm]}, search_lr: [], set: {train.eval_every: 0}}
        """;

    private static string Message(string yaml) => Assert.Throws<ConfigException>(() => StudyReader.Parse(yaml, "configs/studies/s.yaml")).Message;

    [Fact]
    public void A_whole_file_is_read()
    {
        var file = StudyReader.Parse(Whole, "configs/studies/s.yaml");
        Assert.Equal(("sites", "Sites", "Which?", 2, 5, 2, "layernorm", "top1"), (file.Name, file.Title, file.Question, file.Seeds.Count, file.SearchSteps, file.Parallel, file.Baseline, file.Metric));
        Assert.Equal(Path.Combine("configs", "base.yaml"), file.Base);
        Assert.Equal([1e-3, 3e-3], file.SearchLr);
        Assert.Equal(["train.steps=5"], file.Axes[0].Values[1].Short.Select(s => s.Override));
        Assert.Equal([7L], file.Short!.Seeds!);
        Assert.Empty(file.Short.SearchLr!);
        Assert.Equal("configs/studies/s.yaml:5", file.Set[0].Place);
    }

    [Fact]
    public void Settings_come_out_as_the_command_line_takes_them()
    {
        var settings = StudyReader.Parse(Whole, "s.yaml").Set.Select(s => s.Override).ToArray();
        Assert.Equal(["train.steps=100", "stages=[{kind: calibrate, kappa_grid: \"1, 2\"}, {kind: train}]", "sample.prompt=\"\""], settings);
        var config = ConfigLoader.Parse("", "base", settings);
        Assert.Equal((100, "1, 2", ""), (config.Train.Steps, config.Calibration!.KappaGrid, config.Sample.Prompt));
    }

    [Theory]
    [InlineData("parallel: 2", "paralel: 2", "s.yaml:16", "did you mean parallel")]
    [InlineData("seeds: [1, 2]", "seeds: [1, 1]", "s.yaml:11", "seeds")]
    [InlineData("seeds: [1, 2]", "seeds: [1, x]", "s.yaml:11", "'x'")]
    [InlineData("baseline: layernorm", "baseline: batchnorm", "s.yaml:14", "layernorm, dyt")]
    [InlineData("label: dyt", "label: layernorm", "s.yaml:10", "too like")]
    [InlineData("search_steps: 5", "", "s.yaml:12", "search_steps")]
    [InlineData("train.steps: 100", "optimizer.lr: 10", "s.yaml:5", "search_lr")]
    [InlineData("train.steps: 100", "train: {steps: 100}", "s.yaml:5", "full path")]
    [InlineData("{site: [layernorm]}", "{site: [dit]}", "s.yaml:17", "'dit'")]
    [InlineData("{site: [layernorm]}", "{sites: [dyt]}", "s.yaml:17", "no axis")]
    [InlineData("name: sites", "name: ../sites", "s.yaml:1", "names a folder")]
    [InlineData("base: ../base.yaml", "", "s.yaml", "base is missing")]
    [InlineData("parallel: 2", "parallel: 0", "s.yaml:16", "from 1 to 256")]
    public void What_is_wrong_is_named_with_its_line(string right, string wrong, string place, string word)
    {
        Assert.Contains(right, Whole, StringComparison.Ordinal);
        var message = Message(Whole.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Contains(place, message, StringComparison.Ordinal);
        Assert.Contains(word, message, StringComparison.Ordinal);
    }

    private const string Grid = """
        name: grid
        base: base.yaml
        axes:
          - {key: model.layers, values: [2, 4]}
          - {name: positions, key: model.position, values: [rope, "none"]}
        baseline: {positions: none}
        report: {rows: model.layers, columns: positions}
        """;

    [Fact]
    public void An_axis_of_one_key_is_spelled_by_its_values()
    {
        var file = StudyReader.Parse(Grid, "s.yaml");
        Assert.Equal(["model.layers", "positions"], file.Axes.Select(a => a.Name));
        Assert.Equal([("2", "model.layers=2"), ("4", "model.layers=4")], file.Axes[0].Values.Select(v => (v.Label, v.Set.Single().Override)));
        Assert.Equal([("rope", "model.position=rope"), ("none", "model.position=\"none\"")], file.Axes[1].Values.Select(v => (v.Label, v.Set.Single().Override)));
        Assert.Equal((1, "none"), (file.BaselineAxis, file.Baseline));
        Assert.Equal(new StudyLayout("model.layers", "positions"), file.Report);
    }

    [Theory]
    [InlineData("{positions: none}", "{position: none}", "s.yaml:6", "the axes are model.layers, positions")]
    [InlineData("{positions: none}", "{positions: alibi}", "s.yaml:6", "its labels are rope, none")]
    [InlineData("{positions: none}", "{positions: none, model.layers: 2}", "s.yaml:6", "one axis")]
    [InlineData("columns: positions", "columns: model.layers", "s.yaml:7", "report.columns")]
    [InlineData("rows: model.layers", "rows: depth", "s.yaml:7", "'depth'")]
    [InlineData("columns: positions", "colums: positions", "s.yaml:7", "did you mean report.columns")]
    [InlineData("[2, 4]", "[2, 2]", "s.yaml:4", "too like")]
    [InlineData("[2, 4]", "[{label: a}]", "s.yaml:4", "single values")]
    public void What_is_wrong_with_a_short_axis_a_baseline_or_a_table_is_said(string part, string wrong, params string[] words)
    {
        var message = Assert.Throws<ConfigException>(() => StudyReader.Parse(Grid.Replace(part, wrong, StringComparison.Ordinal), "s.yaml")).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
    }
}
