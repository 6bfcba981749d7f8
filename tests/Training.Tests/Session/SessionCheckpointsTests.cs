using DyT.Training.Data;
using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

public sealed class SessionCheckpointsTests : IDisposable
{
    private readonly TestRun _run = new();
    private readonly SessionData _data;
    private readonly TrainerState _state;
    private readonly SessionCheckpoints _checkpoints;

    public SessionCheckpointsTests()
    {
        _data = SessionData.Open(_run.Config, _ => { });
        _state = TrainerState.Create(_run.Config, _data.Shape);
        _checkpoints = new SessionCheckpoints(_run.Config, _run.Folder, _data, _state);
    }

    public void Dispose()
    {
        _checkpoints.Dispose();
        _state.Dispose();
        _data.Dispose();
        _run.Dispose();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("zero1")]
    public void A_state_that_was_made_without_training_can_be_resumed_from(string sharding)
    {
        using var run = new TestRun($"optimizer.sharding={sharding}");
        using (var data = SessionData.Open(run.Config, _ => { }))
        using (var state = TrainerState.Create(run.Config, data.Shape))
        using (var checkpoints = new SessionCheckpoints(run.Config, run.Folder, data, state))
            checkpoints.SaveFresh();
        var fresh = run.WeightsHash;
        using var session = run.Open();
        Assert.Equal((0, fresh), (session.CommittedStep, session.WeightsHash()));
        Assert.Equal(DyT.Runs.RunOutcome.Finished, run.Run(session).Outcome);
    }

    [Fact]
    public void A_step_that_could_not_be_written_can_be_saved_again()
    {
        Directory.CreateDirectory(_run.Folder.Path);
        File.WriteAllText(_run.Folder.Checkpoints, "a file where the folder should be");
        _checkpoints.Save(Assert.Fail);
        var told = new List<string>();
        _checkpoints.AwaitEarlier(told.Add);
        Assert.Contains("could not be written", Assert.Single(told), StringComparison.Ordinal);
        File.Delete(_run.Folder.Checkpoints);
        _checkpoints.Save(Assert.Fail);
        _checkpoints.Flush();
        Assert.True(_checkpoints.IsOnDisk);
    }

    [Fact]
    public void What_a_peer_knows_of_skipped_steps_replaces_ones_own_and_what_the_disk_knows_is_added()
    {
        _state.SkippedSteps.Add(3);
        _checkpoints.Save(Assert.Fail);
        _checkpoints.Flush();
        _state.SkippedSteps.Add(7);
        _checkpoints.RestorePosition(_checkpoints.Capture() with { SkippedSteps = [5] });
        Assert.Equal([5L], _state.SkippedSteps);
        _checkpoints.RestoreNewest(_ => { });
        Assert.Equal([3L, 5], _state.SkippedSteps);
    }
}
