using DyT.Collectives;
using DyT.Runs;

namespace DyT.Training.Tests.Session;

/// <summary>A checkpoint that was due when the generation broke is written by the next one, and none is written twice.</summary>
public sealed class MissedCheckpointTests
{
    private const string Plain = "model.dropout=0 checkpoint.keep_best=false";
    private const string Every6 = $"{Plain} train.eval_every=0 checkpoint.every=6";

    [Theory]
    [InlineData(Every6, new[] { 0, 1, 2 })]
    [InlineData(Every6, new[] { 0, 1 })]
    [InlineData("model.dropout=0 train.eval_every=6 checkpoint.keep_best=true", new[] { 0, 1, 2 })] // the first evaluation is the best so far
    public void One_whose_gathering_broke_is_made_up_for(string settings, int[] survivors)
    {
        using var run = new TestRun($"{settings} optimizer.sharding=zero1");
        using var members = new Members(run, 3);
        // Nothing moves before the first checkpoint is gathered, since all begin with zero moments; for that the last one sends its piece, of which the lead has no replica.
        members.Wrap = (rank, inner) => rank == 2 ? new Hooked(inner) { BeforeSendBulk = (hooked, _) => hooked.Break() } : inner;
        Assert.All(members.Attempt(members.Plan(1, ShardRange.Even(4, 3))).Failures, Assert.NotNull);
        Assert.Empty(run.Checkpoints);
        members.Wrap = null;

        members.Run(members.Plan(2, survivors, ShardRange.Even(4, survivors.Length)));
        Assert.Equal(6, run.Checkpoints[0]);
    }

    [Fact]
    public void One_whose_lead_was_lost_is_made_up_for_by_the_next_lead()
    {
        using var run = new TestRun(Every6);
        using var members = new Members(run, 2);
        members.Runs[0].AfterStep = s =>
        {
            if (s.Step == 6)
                throw new CollectiveAbortedException("test"); // committed and told, not saved
        };
        Assert.All(members.Attempt(members.Plan(1, ShardRange.Even(4, 2))).Failures, Assert.NotNull);
        members.Run(members.Plan(2, [1], new ShardRange(0, 4)));
        Assert.Equal([6L, 12], members.Runs[1].Checkpoints);
    }

    [Theory]
    [InlineData("")]
    [InlineData("optimizer.sharding=zero1")]
    public void One_that_another_member_has_begun_to_write_is_not_written_again(string sharding)
    {
        using var run = new TestRun($"{Every6} {sharding}");
        using var members = new Members(run, 3);
        var next = members.Plan(2, [2, 1], ShardRange.Even(4, 2));
        foreach (var i in (int[])[0, 1])
        {
            var session = members.Sessions[i];
            members.Runs[i].AfterStep = s =>
            {
                if (s.Step == 5)
                    session.Offer(next); // known to all in step 6
            };
        }

        members.Run(members.Plan(1, [1, 0], ShardRange.Even(4, 2)));
        members.Run(next);
        Assert.Equal([6L], members.Runs[1].Checkpoints);
        Assert.Equal([12L], members.Runs[2].Checkpoints);
    }

    [Theory]
    [InlineData("")]
    [InlineData("optimizer.sharding=zero1")]
    public void One_that_is_on_disk_is_not_written_again_when_its_writer_is_lost(string sharding)
    {
        using var run = new TestRun($"{Every6} {sharding}");
        using var members = new Members(run, 3);
        members.Wrap = (_, inner) => new Hooked(inner)
        {
            AfterExchange = (hooked, step) =>
            {
                if (step == 7)
                    hooked.Break();
            },
        };
        Assert.All(members.Attempt(members.Plan(1, ShardRange.Even(4, 3))).Failures, Assert.NotNull);
        members.Sessions[0].Save(); // waits for its writer
        Assert.Equal([6L], run.Checkpoints);
        members.Wrap = null;
        members.Run(members.Plan(2, [1, 2], ShardRange.Even(4, 2)));
        Assert.Equal([12L], members.Runs[1].Checkpoints);
    }

    [Fact]
    public void One_that_the_run_resumes_from_is_not_written_again()
    {
        using var run = new TestRun(Every6);
        Assert.Equal(6, run.RunUntilAfter(5).Step);

        using (var session = run.Open())
            Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
        Assert.Equal([6L, 12], run.Checkpoints);
    }
}
