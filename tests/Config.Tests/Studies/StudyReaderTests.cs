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
}
