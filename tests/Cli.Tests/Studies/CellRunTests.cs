using DyT.Cli.Studies.Running;
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
}
