using System.Text.Json;
using DyT.Cli.Studies;
using DyT.Cli.Studies.Reports;
using DyT.Cli.Studies.Results;
using DyT.Config.Studies;
using DyT.Runs;

namespace DyT.Cli.Tests.Studies;

public sealed class ReportTests
{
    private static (StudyPlan Plan, StudyResults Results) Study(Scratch scratch, int seeds, bool diverged = false)
    {
        scratch.File("base.yaml", "");
        var file = StudyReader.Read(scratch.File("s.yaml", $$$"""
            name: s
            title: A <title>
            question: Is a|b better?
            base: base.yaml
            axes:
              - {name: site, values: [{label: ln, set: {model.site.kind: layernorm}}, {label: dyt, set: {model.site.kind: dyt}}]}
              - {name: size, values: [{label: small, set: {model.layers: 1}}, {label: large, set: {model.layers: 2}}]}
            seeds: [{{{string.Join(", ", Enumerable.Range(1, seeds))}}}]
            baseline: ln
            """));
        var plan = StudyPlan.Of(file, false, "out");
        var cells = plan.Groups.SelectMany(g => plan.Cells(g, null)).Select(cell =>
        {
            var dyt = cell.Group.Labels[0] == "dyt";
            var result = new CellResult
            {
                Cell = cell.Id,
                Axes = plan.Axes.Zip(cell.Group.Labels).ToDictionary(p => p.First.Name, p => p.Second),
                Seed = cell.Seed,
                LearningRate = 1e-3,
                Outcome = diverged && cell.Id == "dyt_large_s1" ? RunOutcome.Guarded : RunOutcome.Finished,
                Command = StudyCommandLine.Text(plan, cell),
            };
            return result.With([.. Enumerable.Range(1, 40).Select(i => Steps.Step(i, 3, val: i % 10 == 0 ? 4 - 0.05 * i + (dyt ? 0.25 : 0) + 0.01 * cell.Seed : null))], null);
        });
        return (plan, StudyResults.Of(plan, "a machine", [], [.. cells]));
    }

    [Fact]
    public void Numbers_come_from_the_ledger_without_the_first_steps_times()
    {
        using var scratch = new Scratch();
        var slow = Steps.Step(1, seconds: 100);
        var result = Study(scratch, 1).Results.Cells[0].With([slow, .. Enumerable.Range(2, 29).Select(i => Steps.Step(i, val: i is 10 ? 1.5 : i is 30 ? 1.7 : null))], null);
        Assert.Equal((1.5, 10L, 1.7, 0.5, 2000.0, 30L), (result.BestValLoss, result.BestValStep, result.FinalValLoss, result.StepSeconds, result.TokensPerSecond, result.Steps));
        Assert.Equal([(10L, 10_000L, 1.5), (30L, 30_000L, 1.7)], result.Curve.Select(s => (s.Step, s.Tokens, s.Loss)));
    }

    [Fact]
    public void A_group_is_compared_seed_by_seed_with_the_baseline_of_its_own_size()
    {
        using var scratch = new Scratch();
        var (plan, results) = Study(scratch, 3);
        var groups = GroupResult.Of(plan, results.Cells);
        Assert.Null(groups[0].Baseline);
        Assert.Equal(["ln_large_s1", "ln_large_s2", "ln_large_s3"], groups[3].Baseline!.Select(c => c.Cell));
        Assert.All(groups[3].Differences("val_loss"), d => Assert.Equal(0.25, d, 9));
        Assert.Equal(3, groups[3].Differences("val_loss").Count);
    }

    [Fact]
    public void A_diverged_cell_is_named_and_its_numbers_do_not_count()
    {
        using var scratch = new Scratch();
        var (plan, results) = Study(scratch, 3, diverged: true);
        var group = GroupResult.Of(plan, results.Cells)[3];
        Assert.Equal(2, group.Spread("val_loss")!.Count);
        Assert.Equal(2, group.Differences("val_loss").Count);
        var text = MarkdownWriter.Write(StudyReport.Of(plan, results, ""));
        Assert.Contains("diverged (stopped by the guard)", text, StringComparison.Ordinal);
        Assert.Contains("2 of 3", text, StringComparison.Ordinal);
        Assert.Contains("too few (n &lt; 3)", HtmlWriter.Write(StudyReport.Of(plan, results, "")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_holds_tables_figures_commands_and_says_how_weak_few_seeds_are()
    {
        using var scratch = new Scratch();
        var (plan, results) = Study(scratch, 3);
        var report = StudyReport.Of(plan, results, "s-");
        Assert.Equal(["s-metric.png", "s-curves.png"], report.OfType<Figure>().Select(f => f.File));
        Assert.All(report.OfType<Figure>(), f => Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], f.Png[..4]));
        var markdown = MarkdownWriter.Write(report);
        Assert.Contains("Is a\\|b better?", markdown, StringComparison.Ordinal);
        Assert.Contains("+0.2500", markdown, StringComparison.Ordinal);
        Assert.Contains("weak", markdown, StringComparison.Ordinal);
        Assert.Contains("a machine", markdown, StringComparison.Ordinal);
        Assert.Contains("--set model.site.kind=dyt --set model.layers=2 --set seed=1", markdown, StringComparison.Ordinal);
        var html = HtmlWriter.Write(report);
        Assert.Contains("<h1>A &lt;title&gt;</h1>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"s-", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("data:image/png;base64,").Length - 1);
    }

    [Fact]
    public void The_results_file_has_every_cell()
    {
        using var scratch = new Scratch();
        var json = JsonDocument.Parse(Study(scratch, 2).Results.ToJson()).RootElement;
        var cell = json.GetProperty("cells")[7];
        Assert.Equal(("dyt", "large", 2), (cell.GetProperty("axes").GetProperty("site").GetString(), cell.GetProperty("axes").GetProperty("size").GetString(), cell.GetProperty("seed").GetInt32()));
        Assert.Equal(2.27, cell.GetProperty("final_val_loss").GetDouble(), 9);
        Assert.Equal("finished", cell.GetProperty("outcome").GetString());
    }

    [Fact]
    public void A_study_without_axes_or_results_still_has_a_report()
    {
        using var scratch = new Scratch();
        scratch.File("base.yaml", "");
        var plan = StudyPlan.Of(StudyReader.Read(scratch.File("s.yaml", "name: s\nbase: base.yaml\n")), false, "out");
        Assert.Contains("Not finished: 0 of 1", HtmlWriter.Write(StudyReport.Of(plan, StudyResults.Of(plan, "m", [], []), "")), StringComparison.Ordinal);
    }
}
