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

    private static Register Registration(string name, string incarnation = "1", string machine = "m", string build = "b") => new(name, incarnation, name + ".host", 1000, machine, build, [], []);

    private static IReadOnlyList<CoordinatorAction> Join(CoordinatorCore core, string name, long step = 0, string incarnation = "1")
    {
        var actions = core.Registered(Registration(name, incarnation), out var refusal);
        Assert.Null(refusal);
        return [.. actions, .. core.Ready(new WorkerReady(name, incarnation, step, 0, null))];
    }

    /// <summary>All members of the running generation, or of the offered one, say that they are connected.</summary>
    private static List<CoordinatorAction> Enter(CoordinatorCore core, long step = 0)
    {
        var plan = core.Offer ?? core.Plan!;
        return [.. plan.Members.SelectMany(m => core.Entered(new GenerationEntered(m.Name, plan.Number, step)))];
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
    public void A_thousand_that_come_at_once_make_one_list_for_people_and_one_plan()
    {
        var core = new CoordinatorCore("run", new RunConfig { Train = new TrainConfig { GlobalBatch = 1000, MicroBatch = 1, Steps = 10 }, Cluster = new ClusterConfig { Workers = 1000 } });
        var actions = Enumerable.Range(0, 1000).Reverse().SelectMany(i => Join(core, $"w{i}")).ToList();
        var plan = Assert.Single(actions.OfType<StartMembers>()).Plan;
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"w{i}"), plan.Members.Select(m => m.Name));
        Assert.All(plan.Members, (m, rank) => Assert.Equal(rank, plan.RankOf(m.Name)));
        Assert.Equal(-1, plan.RankOf("w1000"));
        Assert.Empty(actions.OfType<Emit>().Select(e => e.Event).OfType<RosterChanged>());
        Assert.Equal(1000, core.Tick().OfType<Emit>().Select(e => e.Event).OfType<RosterChanged>().Single().Workers.Count);
        Assert.Empty(core.Tick().OfType<Emit>().Select(e => e.Event).OfType<RosterChanged>());
    }

    [Fact]
    public void Plans_are_equal_by_what_they_say_whoever_was_looked_up_in_them()
    {
        IReadOnlyList<DyT.Collectives.GenerationMember> members = [new("a", "h", 1, new(0, 1)), new("b", "h", 2, new(1, 2))];
        var plan = new DyT.Collectives.GenerationPlan("run", 1, 2, members);
        Assert.Equal(1, plan.RankOf("b"));
        Assert.Equal(new DyT.Collectives.GenerationPlan("run", 1, 2, members), plan);
        var turned = plan with { Members = [members[1], members[0]] };
        Assert.Equal((0, 1), (turned.RankOf("b"), plan.RankOf("b")));
    }

    [Fact]
    public void A_lost_peer_aborts_the_generation_for_all_and_the_next_has_those_who_answer()
    {
        var core = Core(workers: 3, minWorkers: 2);
        Join(core, "w0");
        Join(core, "w1");
        Enter(core);
        // The third joins a running generation: nothing is aborted, it observes until its state is level, then it computes.
        var observing = Join(core, "w2").OfType<OfferMembers>().Single();
        Assert.Equal(["w0", "w1", "w2"], observing.Names);
        Assert.Equal([2, 2, 0], observing.Plan.Members.Select(m => m.Range.Count));
        Enter(core, 5);
        var computing = core.CaughtUp(new CaughtUp("w2", 2, 6)).OfType<OfferMembers>().Single().Plan;
        Assert.Equal([2, 1, 1], computing.Members.Select(m => m.Range.Count));
        Enter(core, 6);

        // w2 dies: w0 sees it, w1 sees w0's connection go. Neither is dropped for that.
        var abort = core.Failed(Failed("w0", 3, 7, lost: "w2"));
        Assert.Equal(["w0", "w1", "w2"], abort.OfType<AbortMembers>().Single().Names);
        Assert.Empty(core.Failed(Failed("w1", 3, 7, lost: "w0")).OfType<StartMembers>());
        var actions = core.RollCallOver(3);
        Assert.Equal("w2", actions.OfType<DropWorker>().Single().Name);
        Assert.Equal(["w0", "w1"], actions.OfType<StartMembers>().Single().Plan.Members.Select(m => m.Name));
        Assert.Equal(7, actions.OfType<TruncateLedger>().Single().AfterStep);
    }

    [Fact]
    public void A_restarted_worker_says_that_its_old_process_is_dead()
    {
        var core = Core(minWorkers: 2);
        Join(core, "w0");
        Join(core, "w1");
        var actions = core.Registered(Registration("w1", incarnation: "2"), out _);
        Assert.Equal("w1", actions.OfType<DropWorker>().Single().Name);
        Assert.Equal(["w0"], actions.OfType<AbortMembers>().Single().Names);
        Assert.Empty(core.Failed(Failed("w0", 1, 4)).OfType<StartMembers>()); // two are needed
        var plan = core.Ready(new WorkerReady("w1", "2", 2, 0, null)).OfType<StartMembers>().Single().Plan;
        Assert.Equal((2, 2), (plan.Number, plan.WorldSize));
    }

    [Fact]
    public void Below_min_workers_the_run_waits_says_so_and_goes_on_when_there_are_enough()
    {
        var core = Core(minWorkers: 2);
        Join(core, "w0");
        Join(core, "w1");
        Silence(core, "w0");
        var actions = core.Failed(Failed("w0", 1, 3));
        Assert.Contains(actions.OfType<Emit>(), e => e.Event is Notice n && n.Message.Contains("1 of 2", StringComparison.Ordinal));
        var attempt = actions.OfType<StartWaiting>().Single().Attempt;
        Assert.Empty(core.WaitedTooLong(attempt - 1)); // an earlier wait has nothing to say any more
        var still = core.WaitedTooLong(attempt);
        Assert.Null(End(still)); // a run that has begun waits for ever, and says so
        Assert.Contains(still.OfType<Emit>(), e => e.Event is Notice n && n.Message.Contains("w0", StringComparison.Ordinal));
        Assert.Equal(3, Join(core, "w1", incarnation: "2").OfType<TruncateLedger>().Single().AfterStep);
    }

    [Fact]
    public void A_run_that_never_began_gives_up_after_its_time()
    {
        var core = Core();
        var attempt = core.Started().OfType<StartWaiting>().Single().Attempt;
        Join(core, "w0");
        var end = End(core.WaitedTooLong(attempt));
        Assert.Equal(RunOutcome.Failed, end!.Outcome);
        Assert.Contains("1 of 2", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_leaves_after_the_step_and_nothing_is_aborted()
    {
        var core = Core(workers: 3);
        foreach (var name in new[] { "w0", "w1", "w2" })
            Join(core, name);
        Enter(core);
        var offer = core.LeaveRequested("w1", "1").OfType<OfferMembers>().Single();
        Assert.Equal(["w0", "w2"], offer.Plan.Members.Select(m => m.Name));
        Assert.Equal(["w0", "w1", "w2"], offer.Names); // it must know too
        Assert.Empty(core.LeaveRequested("w1", "1").OfType<OfferMembers>());
        var left = core.Left(new GenerationLeft("w1", 2, 5));
        Assert.Equal("w1", left.OfType<ReleaseWorker>().Single().Name);
        Assert.Equal(2, core.Plan!.Number);
    }

    [Fact]
    public void When_too_few_would_stay_all_let_go_and_save_and_the_run_waits()
    {
        var core = Core(minWorkers: 2);
        Join(core, "w0");
        Join(core, "w1");
        Enter(core);
        Assert.Equal(0, core.LeaveRequested("w1", "1").OfType<OfferMembers>().Single().Plan.WorldSize);
        core.Left(new GenerationLeft("w0", 2, 5));
        Assert.Equal("w1", core.Left(new GenerationLeft("w1", 2, 5)).OfType<ReleaseWorker>().Single().Name);
        Assert.Null(core.Plan);
        Assert.Equal(5, Join(core, "w2").OfType<TruncateLedger>().Single().AfterStep);
    }

    [Fact]
    public void A_spare_observes_and_is_promoted_at_once()
    {
        var core = new CoordinatorCore("run", new RunConfig
        {
            Train = new TrainConfig { GlobalBatch = 8, MicroBatch = 2, Steps = 10 },
            Cluster = new ClusterConfig { Workers = 2, MaxWorkers = 2, Spares = 1 },
        });
        Join(core, "w0");
        Join(core, "w2");
        Enter(core);
        Join(core, "w1");
        Enter(core, 3);
        Assert.Empty(core.CaughtUp(new CaughtUp("w1", 2, 4)).OfType<OfferMembers>()); // two compute, one is spare: as it should be
        Silence(core, "w0", "w1");
        core.Failed(Failed("w0", 2, 6));
        var next = core.Failed(Failed("w1", 2, 6)).OfType<StartMembers>().Single().Plan;
        Assert.Equal([("w0", 2), ("w1", 2)], next.Members.Select(m => (m.Name, m.Range.Count)));
    }

    [Fact]
    public void A_coordinator_that_takes_over_adopts_what_runs()
    {
        var core = Core(workers: 2);
        Join(core, "w0");
        Join(core, "w1");
        var running = core.Plan!;
        var second = new CoordinatorCore("run", new RunConfig
        {
            Train = new TrainConfig { GlobalBatch = 8, MicroBatch = 2, Steps = 10 },
            Cluster = new ClusterConfig { Workers = 2 },
        }, new CoordinatorMemo(1, ["w0", "w1"], Over: false), ledgerStep: 3);
        second.Started();
        second.Registered(Registration("w0"), out _);
        Assert.Empty(second.Ready(new WorkerReady("w0", "1", 5, 1, running)).OfType<StartMembers>());
        Assert.Same(running, second.Plan);
        // w1 died in the meantime: the roll call waits for it in case it is about to register.
        second.Failed(Failed("w0", 1, 6, lost: "w1"));
        Assert.Null(second.Plan);
        Assert.Equal(["w0"], second.RollCallOver(1).OfType<StartMembers>().Single().Plan.Members.Select(m => m.Name));
        Assert.Equal(2, second.Plan!.Number);
    }

    [Fact]
    public void A_coordinator_that_takes_over_waits_before_it_forms_a_generation_of_its_own()
    {
        var core = new CoordinatorCore("run", new RunConfig { Cluster = new ClusterConfig { Workers = 2 } }, new CoordinatorMemo(7, ["w0", "w1"], Over: false));
        core.Started();
        Assert.Empty(Join(core, "w0").OfType<StartMembers>()); // w1 may be in a generation of the one before
        core.Now = TimeSpan.FromSeconds(6);
        core.Alive(new WorkerAlive("w0", "1", 0, 0, true, 0, "", 0, 0), out _);
        core.Now = TimeSpan.FromSeconds(8);
        Assert.Equal(8, core.Tick().OfType<StartMembers>().Single().Plan.Number);
    }

    [Fact]
    public void An_order_that_got_lost_is_given_again()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        IReadOnlyList<CoordinatorAction> Alive(string name, long highest, double seconds)
        {
            core.Now = TimeSpan.FromSeconds(seconds);
            var actions = core.Alive(new WorkerAlive(name, "1", highest, highest, true, 0, "", 0, 0), out var isKnown);
            Assert.True(isKnown);
            return actions;
        }

        Assert.Empty(Alive("w1", 0, 0.9)); // it may still be on its way
        Assert.Equal(["w1"], Alive("w1", 0, 1).OfType<StartMembers>().Single().Names);
        Assert.Empty(Alive("w1", 0, 1.9)); // and so may the second one
        Assert.Equal(["w1"], Alive("w1", 0, 2).OfType<StartMembers>().Single().Names);
        Enter(core);
        var offer = Join(core, "w2").OfType<OfferMembers>().Single();
        Assert.Empty(Alive("w0", 1, 2.5));
        Assert.Equal(["w0"], Alive("w0", 1, 3).OfType<OfferMembers>().Single().Names);
        Assert.Empty(core.Alive(new WorkerAlive("w0", "1", offer.Plan.Number, 1, true, 0, "", 0, 0), out _));
        core.Alive(new WorkerAlive("stranger", "1", 1, 1, true, 0, "", 0, 0), out var known);
        Assert.False(known);
    }

    /// <summary>Time goes by, and only these workers are heard.</summary>
    private static void Silence(CoordinatorCore core, params string[] heard)
    {
        core.Now += TimeSpan.FromSeconds(5.1);
        foreach (var name in heard)
            core.Alive(new WorkerAlive(name, "1", 99, core.Plan!.Number, true, 0, "", 0, 0), out _);
        core.Tick();
    }

    [Fact]
    public void Words_of_an_earlier_generation_or_a_dead_process_change_nothing()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        Assert.Empty(core.Failed(Failed("w0", 0, 3)));
        Assert.Empty(core.Failed(Failed("stranger", 1, 3)));
        Assert.Empty(core.Suspected("w0", "another"));
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
        Assert.Equal("w2", core.Registered(Registration("w2"), out _).OfType<DismissWorker>().Single().Name);
    }

    [Fact]
    public void A_member_that_dies_at_the_very_end_does_not_bring_the_run_back()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        core.Ended(new SessionEnded("w0", 1, RunOutcome.Finished, 10, "done"));
        Assert.Equal(RunOutcome.Finished, End(core.Registered(Registration("w1", incarnation: "2"), out _))!.Outcome);
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
    public void A_joiner_that_cannot_take_part_is_sent_away_and_the_run_goes_on()
    {
        var core = Core();
        Join(core, "w0");
        Join(core, "w1");
        Enter(core);
        core.Registered(Registration("b0"), out _);
        var actions = core.WorkerCannotTrain(new WorkerFailed("b0", "the run's cluster.streams is 4"));
        Assert.Null(End(actions));
        Assert.Equal(new SendAway("b0", "the run's cluster.streams is 4"), actions.OfType<SendAway>().Single());
        Assert.Equal("b0", actions.OfType<DropWorker>().Single().Name);
        Assert.Empty(actions.OfType<AbortMembers>());
        Assert.Equal(["w0", "w1"], core.Plan!.Members.Select(m => m.Name));

        // A member is another matter, and so is whoever is the only one.
        Assert.Equal("full", End(core.WorkerCannotTrain(new WorkerFailed("w1", "full")))!.Message);
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
        Enter(core);
        Assert.Empty(Join(core, "w4").OfType<OfferMembers>());
        Assert.Equal(4, core.Plan!.WorldSize);
    }
}
