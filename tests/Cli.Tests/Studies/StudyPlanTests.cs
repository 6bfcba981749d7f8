using DyT.Cli.Studies;
using DyT.Cli.Studies.Results;
using DyT.Cli.Studies.Running;
using DyT.Config;
using DyT.Config.Studies;
using DyT.Runs;

namespace DyT.Cli.Tests.Studies;

public sealed class StudyPlanTests
{
    public static TheoryData<string> Ready => [.. Directory.GetFiles(Path.Combine(Repository.Root, "configs", "studies"), "*.yaml").Select(f => Path.GetFileName(f)!)];

    private static StudyPlan Plan(Scratch scratch, string more, bool isShort = false)
    {
        scratch.File("base.yaml", "train: {steps: 100}\nschedule: {warmup: 50}\n");
        var file = scratch.File("s.yaml", """
            name: s
            base: base.yaml
            set: {train.eval_every: 1, model.site.kind: rmsnorm}
            axes:
              - name: site
                values: [{label: ln, set: {model.site.kind: layernorm}}, {label: 'a b', set: {model.site.kind: dyt}}]
              - name: size
                values:
                  - {label: '1', set: {train.steps: 10, schedule.warmup: 2}, short: {train.steps: 4}}
                  - {label: '2', set: {}}
            seeds: [1, 2]

            """ + more);
        return StudyPlan.Of(StudyReader.Read(file), isShort, Path.Combine(scratch.Folder, "out"));
    }

    [Theory]
    [MemberData(nameof(Ready))]
    public void Every_ready_study_is_sound_in_both_forms(string name)
    {
        var file = StudyReader.Read(Path.Combine(Repository.Root, "configs", "studies", name));
        Assert.Equal(Path.GetFileNameWithoutExtension(name), file.Name);
        Assert.NotEmpty(file.Question);
        StudyPlan.Of(file, isShort: false, "studies").Validate();
        StudyPlan.Of(file, isShort: true, "studies").Validate();
    }

    [Fact]
    public void The_grid_is_all_combinations_in_the_file_s_order_and_the_later_setting_wins()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch, "");
        Assert.Equal(["ln_1", "ln_2", "a-b_1", "a-b_2"], plan.Groups.Select(g => g.Id));
        var cells = plan.Cells(plan.Groups[2], null).ToArray();
        Assert.Equal(["a-b_1_s1", "a-b_1_s2"], cells.Select(c => c.Id));
        Assert.Equal(["train.eval_every=1", "model.site.kind=dyt", "train.steps=10", "schedule.warmup=2", "seed=2"], cells[1].Overrides);
        Assert.Equal((SiteKind.Dyt, 10, 2L, "a-b_1_s2"), (cells[1].Config.Model.Site.Kind, cells[1].Config.Train.Steps, cells[1].Config.Seed, cells[1].Config.Name));
    }

    [Fact]
    public void The_short_form_lies_over_the_long_one()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch, "short: {seeds: [9], axes: {size: ['1']}, set: {train.steps: 7}}", isShort: true);
        Assert.Equal("s-short", plan.Id);
        Assert.Equal(["ln_1", "a-b_1"], plan.Groups.Select(g => g.Id));
        Assert.Equal(4, Assert.Single(plan.Cells(plan.Groups[0], null)).Config.Train.Steps);
    }

    [Fact]
    public void A_search_tries_each_rate_with_the_first_seed_and_never_longer_than_the_cells()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch, "search_lr: [1e-3, 3e-3]\nsearch_steps: 20");
        plan.Validate();
        Assert.Equal([(10, 1, 1e-3), (10, 1, 3e-3)], plan.SearchCells(plan.Groups[0]).Select(c => (c.Config.Train.Steps, c.Config.Schedule.Warmup, c.Config.Optimizer.Lr)));
        Assert.Equal([(20, 2, 1e-3), (20, 2, 3e-3)], plan.SearchCells(plan.Groups[1]).Select(c => (c.Config.Train.Steps, c.Config.Schedule.Warmup, c.Config.Optimizer.Lr)));
        Assert.All(plan.SearchCells(plan.Groups[1]), c => Assert.Equal(1, c.Seed));
    }

    [Fact]
    public void A_group_is_searched_when_all_its_rates_came_to_an_end()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch, "search_lr: [1e-3, 3e-3]\nsearch_steps: 20");
        CellResult Result(int cell, RunOutcome outcome) => CellResult.Read(plan, new CellOutcome(plan.SearchCells(plan.Groups[0]).ElementAt(cell), null, outcome, ""));
        bool IsSearched(params CellResult[] searches) => GroupResult.IsSearched(plan, plan.Groups[0], searches);
        Assert.True(IsSearched(Result(0, RunOutcome.Finished), Result(1, RunOutcome.Guarded)));
        Assert.False(IsSearched(Result(0, RunOutcome.Finished), Result(1, RunOutcome.Stopped)));
        Assert.False(IsSearched(Result(0, RunOutcome.Finished)));
        Assert.False(IsSearched()); // stopped before any of them began
        Assert.True(GroupResult.IsSearched(Plan(scratch, ""), plan.Groups[0], [])); // nothing is to be searched
    }

    [Fact]
    public void Trials_of_rates_translate_nothing()
    {
        using var scratch = new Scratch();
        scratch.File("base.yaml", "");
        var file = StudyReader.Read(scratch.File("s.yaml", "name: s\nbase: base.yaml\nset: {model.arch: seq2seq, sample.score: true}\nsearch_lr: [1e-3]\nsearch_steps: 5\n"));
        var plan = StudyPlan.Of(file, isShort: false, "out");
        Assert.False(Assert.Single(plan.SearchCells(plan.Groups[0])).Config.Sample.Score);
        Assert.True(plan.Cells(plan.Groups[0], 1e-3).First().Config.Sample.Score);
    }

    [Fact]
    public void A_cell_that_cannot_be_trained_is_refused_at_the_setting_s_own_place()
    {
        using var scratch = new Scratch();
        scratch.File("base.yaml", "");
        var file = StudyReader.Read(scratch.File("s.yaml", "name: s\nbase: base.yaml\nset:\n  model.heads: 4\n  model.layrs: 4\n"));
        var message = Assert.Throws<ConfigException>(() => StudyPlan.Of(file, false, "out").Validate()).Message;
        Assert.Contains("s.yaml:5: ", message, StringComparison.Ordinal);
        Assert.Contains("did you mean", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("valloss", "")]
    [InlineData("top1", "")]
    [InlineData("bleu", "sample.score")]
    public void A_metric_that_cells_do_not_have_is_refused_before_anything_runs(string metric, string hint)
    {
        using var scratch = new Scratch();
        var more = metric == "bleu" ? "set: {model.arch: seq2seq, model.position: sinusoidal}" : "";
        scratch.File("base.yaml", "");
        var file = StudyReader.Read(scratch.File("s.yaml", $"name: s\nbase: base.yaml\nmetric: {metric}\n{more}\n"));
        var message = Assert.Throws<ConfigException>(() => StudyPlan.Of(file, false, "out").Validate()).Message;
        Assert.Contains($"metric '{metric}' is none", message, StringComparison.Ordinal);
        Assert.Contains(hint, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public void The_rate_with_the_lowest_loss_is_taken(int best, int chosen)
    {
        double[] rates = [1e-3, 3e-3, 1e-2];
        Assert.Equal(rates[chosen], LearningRateSearch.Choose([.. rates.Select((r, i) => (r, i == 2 ? null : (double?)(i == best ? 1 : 2)))]));
    }

    [Fact]
    public void Where_every_rate_diverges_the_smallest_is_taken() => Assert.Equal(1e-3, LearningRateSearch.Choose([(3e-3, double.NaN), (1e-3, null)]));
}
