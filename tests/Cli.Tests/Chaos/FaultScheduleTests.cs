using CsCheck;
using DyT.Cli.Chaos;
using DyT.Config;

namespace DyT.Cli.Tests.Chaos;

public sealed class FaultScheduleTests
{
    private sealed record Case(long Seed, int Count, FaultKind[] Kinds, int Workers, long Steps, FaultBounds Bounds)
    {
        public IReadOnlyList<Fault> Create() => FaultSchedule.Create(Seed, Count, Kinds, Workers, Steps, Bounds);
    }

    private static readonly FaultKind[] All = Enum.GetValues<FaultKind>();

    // Kinds that can always follow each other are among them, so that no schedule is impossible; that case has its own test.
    private static readonly Gen<Case> Possible =
        from seed in Gen.Long
        from count in Gen.Int[0, 40]
        from mask in Gen.Int[0, (1 << All.Length) - 1]
        from workers in Gen.Int[1, 8]
        from least in Gen.Int[1, 8]
        from more in Gen.Int[0, 4]
        from spacing in Gen.Int[1, 5]
        from quiet in Gen.Double[0, 0.45]
        from extra in Gen.Long[0, 2000]
        select new Case(
            seed, count, [.. All.Where(kind => (mask >> (int)kind & 1) == 1 || kind == FaultKind.KillWorker)], workers,
            (long)Math.Ceiling((count * spacing + 3) / (1 - 2 * quiet)) + extra,
            new FaultBounds { MinSpacing = spacing, Quiet = quiet, MinWorkers = Math.Min(least, workers), MaxWorkers = workers + more });

    [Fact]
    public void The_same_seed_gives_the_same_schedule() => Possible.Sample(c => Assert.Equal(c.Create(), c.Create()));

    [Fact]
    public void Seeds_give_different_schedules()
    {
        var schedules = Enumerable.Range(0, 50).Select(seed => new Case(seed, 12, All, 4, 600, new FaultBounds()).Create());
        Assert.Equal(50, schedules.Select(schedule => string.Join(';', schedule)).Distinct().Count());
    }

    [Fact]
    public void A_schedule_stays_what_it_is()
    {
        // Recorded: a schedule that a report names by its seed must come back in later versions.
        var schedule = new Case(1, 5, [FaultKind.KillWorker, FaultKind.FreezeWorker, FaultKind.Partition], 4, 200, new FaultBounds { FailureDetection = 2 }).Create();
        Assert.Equal(string.Join('\n', Recorded), string.Join('\n', schedule.Select(fault => $"{fault.AfterStep} {fault.What}")));
    }

    private static readonly string[] Recorded =
    [
        "36 kill w2", "75 freeze w1 for 4.1 s", "114 cut off w2 for 0.6 s", "131 cut off w1 for 3.2 s", "164 kill w1",
    ];

    [Fact]
    public void There_are_as_many_as_asked_for_and_each_kind_occurs_about_equally_often() =>
        Possible.Sample(c =>
        {
            var schedule = c.Create();
            Assert.Equal(c.Count, schedule.Count);
            Assert.All(schedule, fault => Assert.Contains(fault.Kind, c.Kinds));
            var free = c.Kinds.Except([FaultKind.DrainWorker, FaultKind.JoinWorker]);
            Assert.All(free, kind => Assert.InRange(schedule.Count(fault => fault.Kind == kind), c.Count / c.Kinds.Length, int.MaxValue));
            if (c.Count >= c.Kinds.Length && c.Bounds.MaxWorkers > c.Workers)
                Assert.True(!c.Kinds.Contains(FaultKind.JoinWorker) || schedule.Any(fault => fault.Kind == FaultKind.JoinWorker));
            if (c.Count >= c.Kinds.Length && c.Bounds.MinWorkers < c.Workers)
                Assert.True(!c.Kinds.Contains(FaultKind.DrainWorker) || schedule.Any(fault => fault.Kind == FaultKind.DrainWorker));
        });

    [Fact]
    public void Faults_keep_their_distance_and_spare_both_ends_of_the_run() =>
        Possible.Sample(c =>
        {
            var steps = c.Create().Select(fault => fault.AfterStep).ToArray();
            Assert.All(steps, step => Assert.InRange(step, Math.Max(1, c.Bounds.Quiet * c.Steps), Math.Min(c.Steps - 1, (1 - c.Bounds.Quiet) * c.Steps)));
            Assert.All(steps.Zip(steps.Skip(1)), pair => Assert.True(pair.Second - pair.First >= c.Bounds.MinSpacing));
        });

    [Fact]
    public void Faults_reach_every_part_of_the_run() =>
        Gen.Long.Sample(seed =>
        {
            var steps = new Case(seed, 10, All, 4, 1000, new FaultBounds()).Create().Select(fault => fault.AfterStep).ToArray();
            Assert.InRange(steps[0], 100, 180);
            Assert.InRange(steps[^1], 820, 900);
            Assert.All(steps.Zip(steps.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 3, 165));
        });

    [Fact]
    public void Who_joins_is_numbered_behind_the_spares() =>
        Assert.Equal(6, Assert.IsType<JoinWorker>(Assert.Single(new Case(1, 1, [FaultKind.JoinWorker], 4, 100, new FaultBounds { Spares = 2 }).Create())).Index);

    [Fact]
    public void Only_workers_that_are_there_are_hit_and_their_number_stays_within_the_bounds() =>
        Possible.Sample(c =>
        {
            var present = Enumerable.Range(0, c.Workers).ToHashSet();
            var used = c.Workers;
            foreach (var fault in c.Create())
            {
                switch (fault)
                {
                    case JoinWorker join:
                        Assert.Equal(used++, join.Index);
                        present.Add(join.Index);
                        break;
                    case DrainWorker drain:
                        Assert.True(present.Remove(drain.Index));
                        break;
                    case KillWorker kill:
                        Assert.Contains(kill.Index, present);
                        break;
                    case FreezeWorker freeze:
                        Assert.Contains(freeze.Index, present);
                        break;
                    case CutConnections cut:
                        Assert.Contains(cut.Index, present);
                        break;
                    case SlowLink slow:
                        Assert.Contains(slow.Index, present);
                        break;
                    case Partition partition:
                        Assert.True(present.IsSupersetOf(partition.Isolated));
                        Assert.Equal(partition.Isolated.Order(), partition.Isolated);
                        Assert.InRange(partition.Isolated.Count, 1, Math.Max(1, (present.Count - 1) / 2));
                        break;
                }

                Assert.InRange(present.Count, c.Bounds.MinWorkers, c.Bounds.MaxWorkers);
            }
        });

    [Fact]
    public void Freezes_and_partitions_alternate_between_both_sides_of_the_budget() =>
        (from seed in Gen.Long from budget in Gen.Double[1, 600] select (seed, budget)).Sample(t =>
        {
            var schedule = new Case(t.seed, 8, [FaultKind.FreezeWorker, FaultKind.Partition], 4, 1000, new FaultBounds { FailureDetection = t.budget }).Create();
            var silences = schedule.Select(fault => (fault.Kind, fault.Seconds, Beyond: fault is FreezeWorker { BeyondBudget: true } or Partition { BeyondBudget: true })).ToArray();
            foreach (var kind in silences.GroupBy(silence => silence.Kind))
            {
                Assert.All(kind, silence => Assert.InRange(silence.Seconds / t.budget, silence.Beyond ? 1.5 : 0.1, silence.Beyond ? 2.5 : 0.4));
                Assert.All(kind.Zip(kind.Skip(1)), pair => Assert.NotEqual(pair.First.Beyond, pair.Second.Beyond));
            }
        });

    [Fact]
    public void Too_many_faults_for_the_run_are_refused_in_one_sentence()
    {
        var error = Assert.Throws<UserErrorException>(() => new Case(1, 30, All, 4, 50, new FaultBounds()).Create());
        Assert.Equal("chaos.faults (30), 3 steps apart, do not fit into train.steps (50) with 0.1 of them quiet at either end; use fewer faults or more steps.", error.Message);
        Assert.Throws<UserErrorException>(() => new Case(1, 1, All, 4, 1, new FaultBounds()).Create());
    }

    [Fact]
    public void Drains_alone_end_when_no_more_may_leave()
    {
        var bounds = new FaultBounds { MinWorkers = 2 };
        Assert.Equal(2, new Case(1, 2, [FaultKind.DrainWorker], 4, 100, bounds).Create().Count);
        var error = Assert.Throws<UserErrorException>(() => new Case(1, 3, [FaultKind.DrainWorker], 4, 100, bounds).Create());
        Assert.StartsWith("After 2 faults of these kinds no worker may leave or join any more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_configuration_has_a_schedule_with_every_kind_it_names()
    {
        var config = ConfigLoader.LoadFile(Path.Combine(Repository.Root, "configs", "chaos.yaml"), []);
        var schedule = FaultSchedule.Of(config);
        Assert.Equal(config.Chaos.Faults, schedule.Count);
        Assert.Equal(config.Chaos.FaultKinds, schedule.Select(fault => fault.Kind).Distinct().Order());
        Assert.Equal(9, config.Chaos.FaultKinds.Count);
    }

    [Fact]
    public void A_cursor_hands_out_each_fault_once_when_it_is_due()
    {
        var cursor = new FaultCursor([new KillWorker(3, 0), new KillWorker(5, 1), new KillCoordinator(6)]);
        Assert.Null(cursor.Next(2));
        Assert.Equal(3, cursor.Next(3)?.AfterStep);
        Assert.Null(cursor.Next(4));
        Assert.Equal(5, cursor.Next(7)?.AfterStep);
        // A resume went back; what was due stays due, what was done is not done again.
        Assert.Null(cursor.Next(1));
        Assert.Equal(1, cursor.Left);
        Assert.Equal(6, cursor.Next(6)?.AfterStep);
        Assert.Null(cursor.Next(100));
    }
}
