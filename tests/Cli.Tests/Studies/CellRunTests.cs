using DyT.Cli.Studies;
using DyT.Cli.Studies.Running;
using DyT.Cli.Summaries;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Tests.Studies;

public sealed class CellRunTests
{
    private static CellRun Run(string path, bool same = true, RunOutcome? outcome = null, bool checkpoint = false) => new(path, same, outcome, checkpoint);

    [Fact]
    public void Without_a_run_of_its_own_a_cell_is_started()
    {
        Assert.Equal((CellAction.Start, null), CellRun.Decide([]));
        Assert.Equal((CellAction.Start, null), CellRun.Decide([Run("a", same: false, RunOutcome.Finished, checkpoint: true)]));
        Assert.Equal((CellAction.Start, null), CellRun.Decide([Run("a")]));
    }

    [Theory]
    [InlineData(RunOutcome.Finished)]
    [InlineData(RunOutcome.EarlyStopped)]
    [InlineData(RunOutcome.Guarded)]
    public void What_would_end_the_same_way_again_is_done(RunOutcome outcome) =>
        Assert.Equal((CellAction.None, "a"), CellRun.Decide([Run("a", outcome: outcome, checkpoint: true), Run("b", checkpoint: true)]));

    [Fact]
    public void A_broken_run_is_resumed_from_the_newest_with_a_checkpoint()
    {
        Assert.Equal((CellAction.Resume, "b"), CellRun.Decide([Run("a", checkpoint: true), Run("b", outcome: RunOutcome.Stopped, checkpoint: true), Run("c")]));
        Assert.Equal((CellAction.Resume, "a"), CellRun.Decide([Run("a", outcome: RunOutcome.Failed, checkpoint: true)]));
    }

    [Theory]
    [InlineData(true, false, CellAction.Resume)] // translates alone
    [InlineData(true, true, CellAction.None)]
    [InlineData(false, false, CellAction.None)] // nothing to translate
    public void A_run_that_was_interrupted_while_it_was_scored_is_resumed(bool wanted, bool scored, CellAction expected)
    {
        using var scratch = new Scratch();
        var config = ConfigLoader.Parse($"model: {{arch: seq2seq, position: sinusoidal}}\nsample: {{score: {(wanted ? "true" : "false")}}}\n", "test", [$"output={scratch.Folder}", "name=cell"]);
        var run = new RunFolder(Path.Combine(scratch.Folder, "cell-20260101-000000"));
        Directory.CreateDirectory(Path.Combine(run.Checkpoints, "step-00000001"));
        File.WriteAllText(run.ConfigFile, ConfigWriter.ToYaml(config, comments: false));
        File.WriteAllText(run.MetricsFile, "");
        var summary = RunSummary.Of(new TrainProgress(1, DateTimeOffset.UnixEpoch), run, DateTimeOffset.UnixEpoch, null) with { Outcome = RunOutcome.Finished, TestScores = scored ? new OrderedDictionary<string, double> { ["bleu"] = 3 } : null };
        summary.Write(run.SummaryFile);
        var runs = CellRun.Find(new StudyCell("cell", new StudyGroup("g", [], []), 1, null, [], config));
        Assert.True(Assert.Single(runs).IsSame);
        Assert.Equal(expected, CellRun.Decide(runs).Action);
    }
}
