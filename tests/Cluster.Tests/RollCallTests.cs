using DyT.Cluster.Messages;
using DyT.Config;
using DyT.Coordinator.Core;
using DyT.Runs;

namespace DyT.Cluster.Tests;

/// <summary>What happens between the end of a generation and the next: who counts as alive, and what a stop means then.</summary>
public sealed class RollCallTests
{
    private static CoordinatorCore Training(int workers, int minWorkers)
    {
        var core = new CoordinatorCore("run", new RunConfig
        {
            Train = new TrainConfig { GlobalBatch = 8, MicroBatch = 2, Steps = 100 }, // 4 micro-shards
            Cluster = new ClusterConfig { Workers = workers, MinWorkers = minWorkers == workers ? workers : null },
        });
        for (var i = 0; i < workers; i++)
            core.Registered(Registration($"w{i}"), out _);
        for (var i = 0; i < workers; i++)
            core.Ready(new WorkerReady($"w{i}", "1", 0, 0, null));
        Assert.Equal(workers, core.Plan!.WorldSize);
        return core;
    }

    /// <summary>Its control connection breaks, and its peers', or its silence, tell the rest.</summary>
    private static IReadOnlyList<CoordinatorAction> Die(CoordinatorCore core, string name)
    {
        core.Now += TimeSpan.FromSeconds(5.1);
        foreach (var other in core.Plan!.Members.Where(m => m.Name != name))
            core.Alive(new WorkerAlive(other.Name, "1", core.Plan!.Number, core.Plan.Number, true, 0, "", 0, 0), out _);
        return core.Tick();
    }

    private static Register Registration(string name) => new(name, "1", "host", 1000, "m", "b", [], []);

    private static GenerationFailed Failed(CoordinatorCore core, string name, long generation, long step)
    {
        Assert.Null(core.Plan);
        return new GenerationFailed(name, generation, step, null, "why");
    }

    private static RunEnded? End(IEnumerable<CoordinatorAction> actions) => actions.OfType<Emit>().Select(e => e.Event).OfType<RunEnded>().SingleOrDefault();

    [Fact]
    public void A_worker_that_computes_longer_than_the_roll_call_is_waited_for()
    {
        var core = Training(workers: 2, minWorkers: 1);
        var generation = core.Plan!.Number;
        Die(core, "w1");
        core.Acknowledged(new AbortReceived("w0", generation));
        var over = core.RollCallOver(generation);
        Assert.Empty(over.OfType<DropWorker>());
        Assert.Equal(generation, over.OfType<AwaitSessions>().Single().Generation);
        Assert.Equal(["w0"], core.Failed(Failed(core, "w0", generation, 7)).OfType<StartMembers>().Single().Plan.Members.Select(m => m.Name));
    }

    [Fact]
    public void A_worker_that_lives_but_never_lets_go_is_dropped_in_the_end()
    {
        var core = Training(workers: 2, minWorkers: 1);
        var generation = core.Plan!.Number;
        core.Failed(new GenerationFailed("w0", generation, 7, "w1", "lost"));
        core.Acknowledged(new AbortReceived("w1", generation));
        Assert.Empty(core.RollCallOver(generation).OfType<DropWorker>());
        var actions = core.RollCallOver(generation);
        Assert.Equal("w1", actions.OfType<DropWorker>().Single().Name);
        Assert.Equal(["w0"], actions.OfType<StartMembers>().Single().Plan.Members.Select(m => m.Name));
    }

    [Fact]
    public void An_acknowledgement_of_an_earlier_generation_is_no_sign_of_life()
    {
        var core = Training(workers: 2, minWorkers: 1);
        var generation = core.Plan!.Number;
        core.Acknowledged(new AbortReceived("w1", generation)); // nothing is aborted yet
        core.Failed(new GenerationFailed("w0", generation, 7, "w1", "lost"));
        core.Acknowledged(new AbortReceived("w1", generation - 1));
        Assert.Equal("w1", core.RollCallOver(generation).OfType<DropWorker>().Single().Name);
    }

    [Fact]
    public void A_session_that_ended_while_the_others_lost_each_other_has_answered()
    {
        var core = Training(workers: 2, minWorkers: 2);
        var generation = core.Plan!.Number;
        core.Failed(new GenerationFailed("w0", generation, 99, "w1", "lost"));
        var next = core.Ended(new SessionEnded("w1", generation, RunOutcome.Finished, 100, "done"));
        Assert.Equal(2, next.OfType<StartMembers>().Single().Plan.WorldSize);
        Assert.Equal(100, next.OfType<TruncateLedger>().Single().AfterStep);
    }

    [Fact]
    public void A_stop_needs_no_min_workers_because_one_survivor_can_write_the_checkpoint()
    {
        var core = Training(workers: 2, minWorkers: 2);
        var generation = core.Plan!.Number;
        Die(core, "w1");
        Assert.Empty(core.StopRequested().OfType<StartMembers>()); // w0 has not let go yet
        var last = core.Failed(Failed(core, "w0", generation, 7));
        Assert.Equal(["w0"], last.OfType<StartMembers>().Single().Plan.Members.Select(m => m.Name));
        Assert.Equal(["w0"], last.OfType<StopMembers>().Single().Names);
        Assert.Equal(new RunEnded(RunOutcome.Stopped, 8, "stopped"), End(core.Ended(new SessionEnded("w0", generation + 1, RunOutcome.Stopped, 8, "stopped"))));
    }

    [Fact]
    public void A_stop_while_the_run_waits_for_workers_saves_what_the_survivor_has()
    {
        var core = Training(workers: 2, minWorkers: 2);
        var generation = core.Plan!.Number;
        Die(core, "w1");
        core.Failed(Failed(core, "w0", generation, 7));
        var actions = core.StopRequested();
        Assert.Null(End(actions));
        Assert.Equal(["w0"], actions.OfType<StopMembers>().Single().Names);
    }

    [Fact]
    public void A_stop_that_nobody_survives_ends_at_once()
    {
        var core = Training(workers: 1, minWorkers: 1);
        core.StopRequested();
        Assert.Equal(RunOutcome.Stopped, End(Die(core, "w0"))!.Outcome);
    }

    [Fact]
    public void A_stop_before_the_first_generation_ends_at_once()
    {
        var core = new CoordinatorCore("run", new RunConfig());
        core.Registered(Registration("w0"), out _);
        Assert.Equal(RunOutcome.Stopped, End(core.StopRequested())!.Outcome);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(101, 1)]
    [InlineData(5, 2)]
    public void Steps_that_the_run_does_not_have_are_not_recorded(long step, long generation)
    {
        var core = Training(workers: 1, minWorkers: 1);
        StepMetrics Metrics(long s, long g) => new() { Step = s, Generation = g, WorldSize = 1, Loss = 1, LearningRate = 1, GradNorm = 1, Tokens = 1, Seconds = 1 };
        Assert.Empty(core.Stepped(Metrics(step, generation)).OfType<AppendToLedger>()); // the last one waits for those before it
        for (var s = 1; s < 5; s++)
            core.Stepped(Metrics(s, 1));
        Assert.InRange(core.LedgerStep, 4, 5);
    }
}
