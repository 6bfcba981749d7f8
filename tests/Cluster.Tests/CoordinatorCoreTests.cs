using DyT.Cluster.Messages;
using DyT.Config;
using DyT.Coordinator.Core;
using DyT.Runs;

namespace DyT.Cluster.Tests;

/// <summary>The coordinator's decisions, without actors and without waiting.</summary>
public sealed class CoordinatorCoreTests
{
    private static CoordinatorCore Core(int workers = 2, int? minWorkers = null) => new("run", new RunConfig
    {
        Train = new TrainConfig { GlobalBatch = 8, MicroBatch = 2, Steps = 10 }, // 4 micro-shards
        Cluster = new ClusterConfig { Workers = workers, MinWorkers = minWorkers },
    });

    private static Register Registration(string name, string incarnation = "1", string machine = "m", string build = "b") => new(name, incarnation, name + ".host", 1000, machine, build, []);

    private static IReadOnlyList<CoordinatorAction> Join(CoordinatorCore core, string name, long step = 0, string incarnation = "1")
    {
        var actions = core.Registered(Registration(name, incarnation), out var refusal);
        Assert.Null(refusal);
        return [.. actions, .. core.Ready(new WorkerReady(name, incarnation, step))];
    }

    private static GenerationFailed Failed(string name, long generation, long step, string? lost = null) => new(name, generation, step, lost, "why");

    private static RunEnded? End(IEnumerable<CoordinatorAction> actions) => actions.OfType<Emit>().Select(e => e.Event).OfType<RunEnded>().SingleOrDefault();

    [Fact]
    public void The_first_generation_waits_for_all_and_orders_names_naturally()
    {
        var core = Core(workers: 3);
        Assert.Empty(Join(core, "w10").OfType<StartMembers>());
        Assert.Empty(Join(core, "w2").OfType<StartMembers>());
        var plan = Join(core, "w1").OfType<StartMembers>().Single().Plan;
        Assert.Equal(1, plan.Number);
        Assert.Equal(["w1", "w2", "w10"], plan.Members.Select(m => m.Name));
        Assert.Equal([(0, 2), (2, 3), (3, 4)], plan.Members.Select(m => (m.Range.Start, m.Range.End)));
    }

    [Fact]
    public void A_lost_peer_aborts_the_generation_for_all_and_the_next_has_those_who_answer()
    {
        var core = Core(workers: 3, minWorkers: 2);
        Join(core, "w0");
        Join(core, "w1");
        var joined = Join(core, "w2");
        // The third joins a running generation: everyone regroups.
        Assert.Equal(["w0", "w1"], joined.OfType<AbortMembers>().Single().Names);
        core.Failed(Failed("w0", 1, 5));
        var second = core.Failed(Failed("w1", 1, 5)).OfType<StartMembers>().Single().Plan;
        Assert.Equal((2, 3), (second.Number, second.WorldSize));

        // w2 dies: w0 sees it, w1 sees w0's connection go. Neither is dropped for that.
        var abort = core.Failed(Failed("w0", 2, 7, lost: "w2"));
        Assert.Equal(["w0", "w1", "w2"], abort.OfType<AbortMembers>().Single().Names);
        Assert.Empty(core.Failed(Failed("w1", 2, 7, lost: "w0")).OfType<StartMembers>());
        var actions = core.RollCallOver(2);
        Assert.Equal("w2", actions.OfType<DropWorker>().Single().Name);
        Assert.Equal(["w0", "w1"], actions.OfType<StartMembers>().Single().Plan.Members.Select(m => m.Name));
        Assert.Equal(7, actions.OfType<TruncateLedger>().Single().AfterStep);
    }

    [Fact]
    public void A_restarted_worker_says_that_its_old_process_is_dead()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        var actions = core.Registered(Registration("w1", incarnation: "2"), out _);
        Assert.Equal("w1", actions.OfType<DropWorker>().Single().Name);
        Assert.Equal(["w0"], actions.OfType<AbortMembers>().Single().Names);
        Assert.Empty(core.Failed(Failed("w0", 1, 4)).OfType<StartMembers>()); // two are needed
        var plan = core.Ready(new WorkerReady("w1", "2", 2)).OfType<StartMembers>().Single().Plan;
        Assert.Equal((2, 2), (plan.Number, plan.WorldSize));
    }

    [Fact]
    public void Below_min_workers_the_run_waits_says_so_and_gives_up_after_its_time()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        var actions = core.Lost("w1", "1").Concat(core.Failed(Failed("w0", 1, 3))).ToList();
        Assert.Contains(actions.OfType<Emit>(), e => e.Event is Notice n && n.Message.Contains("1 of 2", StringComparison.Ordinal));
        var attempt = actions.OfType<StartWaiting>().Single().Attempt;
        Assert.Empty(core.WaitedTooLong(attempt - 1)); // an earlier wait has nothing to say any more
        var end = End(core.WaitedTooLong(attempt));
        Assert.Equal(RunOutcome.Failed, end!.Outcome);
        Assert.Contains("1 of 2", end.Message, StringComparison.Ordinal);
        Assert.Contains("w0", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_of_an_earlier_generation_or_a_dead_process_change_nothing()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        Assert.Empty(core.Failed(Failed("w0", 0, 3)));
        Assert.Empty(core.Failed(Failed("stranger", 1, 3)));
        Assert.Empty(core.Lost("w0", "another"));
        Assert.Empty(core.Ended(new SessionEnded("w0", 0, RunOutcome.Finished, 10, "")));
        Assert.Empty(core.RollCallOver(1));
        Assert.NotNull(core.Plan);
    }

    [Fact]
    public void The_run_is_over_when_it_is_on_every_member()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        Assert.Null(End(core.Ended(new SessionEnded("w0", 1, RunOutcome.Finished, 10, "done"))));
        var actions = core.Ended(new SessionEnded("w1", 1, RunOutcome.Finished, 10, "done"));
        Assert.Equal(new RunEnded(RunOutcome.Finished, 10, "done"), End(actions));
        Assert.Equal(0, actions.OfType<EndRun>().Single().ExitCode);
        core.Registered(Registration("w2"), out var refusal);
        Assert.Contains("over", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_dies_at_the_very_end_does_not_bring_the_run_back()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        core.Ended(new SessionEnded("w0", 1, RunOutcome.Finished, 10, "done"));
        Assert.Equal(RunOutcome.Finished, End(core.Lost("w1", "1"))!.Outcome);
    }

    [Fact]
    public void A_guarded_run_ends_with_exit_code_one()
    {
        var core = Core(workers: 1);
        Join(core, "w0");
        Assert.Equal(1, core.Ended(new SessionEnded("w0", 1, RunOutcome.Guarded, 10, "NaN")).OfType<EndRun>().Single().ExitCode);
    }

    [Fact]
    public void A_worker_that_cannot_train_ends_the_run_with_its_sentence()
    {
        var core = Core();
        Join(core, "w0");
        Assert.Equal("no data", End(core.WorkerCannotTrain(new WorkerFailed("w0", "no data")))!.Message);
    }


    [Fact]
    public void Another_build_is_refused_and_another_processor_named()
    {
        var core = Core();
        core.Registered(Registration("w0"), out _);
        core.Registered(Registration("w1", build: "other"), out var refusal);
        Assert.Contains("build", refusal, StringComparison.Ordinal);
        var notice = core.Registered(Registration("w1", machine: "arm"), out refusal).OfType<Emit>().Select(e => e.Event).OfType<Notice>().Single();
        Assert.Null(refusal);
        Assert.Contains("mkl_cbwr", notice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_workers_than_micro_shards_wait_outside()
    {
        var core = Core(workers: 4);
        foreach (var name in new[] { "w0", "w1", "w2", "w3" })
            Join(core, name);
        var actions = Join(core, "w4");
        Assert.Empty(actions.OfType<AbortMembers>());
        Assert.Contains(actions.OfType<Emit>(), e => e.Event is Notice);
    }
}
