using DyT.Cli.Studies;
using DyT.Cli.Studies.Running;
using DyT.Config;
using DyT.Config.Studies;
using DyT.Runs;

namespace DyT.Cli.Tests.Studies;

/// <summary>The runner with processes that only write what runs leave behind.</summary>
public sealed class StudyRunnerTests
{
    private static StudyPlan Plan(Scratch scratch, int parallel = 1)
    {
        scratch.File("base.yaml", "");
        var file = StudyReader.Read(scratch.File("s.yaml", $"name: s\nbase: base.yaml\naxes: [{{key: model.layers, values: [1, 2, 3]}}]\nparallel: {parallel}\n"));
        return StudyPlan.Of(file, false, Path.Combine(scratch.Folder, "cells"));
    }

    private static StudyCell[] Cells(StudyPlan plan) => [.. plan.Groups.SelectMany(g => plan.Cells(g, null))];

    private static (IReadOnlyList<CellOutcome> Outcomes, List<string> Started, List<string> Before) Run(StudyPlan plan, Func<StudyCell, IReadOnlyList<string>, CellExit> work)
    {
        var (started, before) = (new List<string>(), new List<string>());
        using var runner = new StudyRunner(plan, "logs", _ => { }, (cell, words, _) =>
        {
            started.Add($"{cell.Id}{(words[1] == "--resume" ? " resumed" : "")}");
            return new FakeCell(_ => work(cell, words));
        });
        var outcomes = runner.Run(Cells(plan), (outcome, was) =>
        {
            if (was)
                before.Add(outcome.Cell.Id);
        });
        return (outcomes, started, before);
    }

    private static CellExit Finished(StudyCell cell, IReadOnlyList<string> words)
    {
        FakeCell.Write(cell, "finished", into: words[1] == "--resume" ? words[2] : null);
        return new CellExit(0, null);
    }

    [Fact]
    public void Every_cell_is_made_once_and_a_second_time_nothing_is()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch);
        var first = Run(plan, Finished);
        Assert.Equal(["1_s1", "2_s1", "3_s1"], first.Started);
        Assert.All(first.Outcomes, o => Assert.True(o.IsWhole));
        var second = Run(plan, Finished);
        Assert.Empty(second.Started);
        Assert.Equal(["1_s1", "2_s1", "3_s1"], second.Before);
        Assert.Equal(first.Outcomes.Select(o => o.Run), second.Outcomes.Select(o => o.Run));
    }

    [Fact]
    public void Cells_that_fail_or_diverge_are_told_and_the_others_go_on()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch);
        CellExit Work(StudyCell cell, IReadOnlyList<string> words)
        {
            switch (cell.Id)
            {
                case "1_s1":
                    return new CellExit(1, "no memory");
                case "2_s1":
                    FakeCell.Write(cell, "guarded");
                    return new CellExit(1, "loss is NaN");
                default:
                    return Finished(cell, words);
            }
        }

        var outcomes = Run(plan, Work).Outcomes;
        Assert.Equal([(RunOutcome.Failed, "no memory"), (RunOutcome.Guarded, "loss is NaN"), (RunOutcome.Finished, "")], outcomes.Select(o => (o.Outcome, o.Message)));
        Assert.Equal(["1_s1"], Run(plan, Finished).Started);
    }

    [Fact]
    public void A_run_that_was_broken_off_is_resumed_and_made_anew_when_that_fails()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch);
        var cells = Cells(plan);
        var old = FakeCell.Write(cells[0], null, checkpoint: true);
        FakeCell.Write(cells[1], "stopped");
        var broken = FakeCell.Write(cells[2], "stopped", checkpoint: true);
        var (outcomes, started, _) = Run(plan, (cell, words) => words[1] == "--resume" && cell.Id == "3_s1" ? new CellExit(1, "damaged") : Finished(cell, words));
        Assert.Equal(["1_s1 resumed", "2_s1", "3_s1 resumed", "3_s1"], started);
        Assert.Equal(old, outcomes[0].Run);
        Assert.NotEqual(broken, outcomes[2].Run);
        Assert.All(outcomes, o => Assert.True(o.IsWhole));
    }

    [Fact]
    public void A_run_that_can_be_resumed_and_fails_for_another_reason_waits_for_the_next_command()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch);
        var broken = FakeCell.Write(Cells(plan)[0], "stopped", wholeCheckpoint: true);
        var (outcomes, started, _) = Run(plan, (cell, words) => words[1] == "--resume" ? new CellExit(1, "no space left") : Finished(cell, words));
        Assert.Equal(["1_s1 resumed", "2_s1", "3_s1"], started);
        Assert.Equal((broken, RunOutcome.Failed, $"no space left; the same command tries it again, or delete {broken} to train the cell from its beginning"), (outcomes[0].Run, outcomes[0].Outcome, outcomes[0].Message));
        Assert.Equal(["1_s1 resumed"], Run(plan, Finished).Started);
    }

    [Fact]
    public void A_stopped_study_still_tells_of_cells_that_were_done_before()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch);
        FakeCell.Write(Cells(plan)[2], "finished");
        StudyRunner? runner = null;
        using (runner = new StudyRunner(plan, "logs", _ => { }, (cell, words, _) => new FakeCell(_ =>
        {
            runner!.Stop();
            return Finished(cell, words);
        })))
            Assert.Equal(["1_s1", "3_s1"], runner.Run(Cells(plan), (_, _) => { }).Select(o => o.Cell.Id));
    }

    [Fact]
    public void One_command_at_a_time_works_on_a_folder()
    {
        using var scratch = new Scratch();
        using (StudyLock.Take(scratch.Folder))
            Assert.Contains("another 'dyt study'", Assert.Throws<UserErrorException>(() => StudyLock.Take(scratch.Folder)).Message, StringComparison.Ordinal);
        StudyLock.Take(scratch.Folder).Dispose();
    }

    [Fact]
    public async Task A_stop_reaches_the_running_cells_and_starts_no_more()
    {
        using var scratch = new Scratch();
        var plan = Plan(scratch, parallel: 2);
        using var both = new CountdownEvent(2);
        using var runner = new StudyRunner(plan, "logs", _ => { }, (cell, _, _) => new FakeCell(stop =>
        {
            FakeCell.Write(cell, null);
            both.Signal();
            stop.Wait(TestContext.Current.CancellationToken);
            File.WriteAllText(new RunFolder(CellRun.Paths(cell)[0]).SummaryFile, """{"run": "r", "outcome": "stopped", "steps": 1, "total_steps": 1, "wall_seconds": 1, "generations": 1}""");
            return new CellExit(130, "interrupted");
        }));
        var running = Task.Run(() => runner.Run(Cells(plan), (_, _) => { }), TestContext.Current.CancellationToken);
        both.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(["1_s1", "2_s1"], runner.Running.Select(r => r.Cell.Id).Order());
        Assert.All(runner.Running, r => Assert.NotNull(r.RunOf()));
        runner.Stop();
        var outcomes = await running;
        Assert.Equal([("1_s1", RunOutcome.Stopped), ("2_s1", RunOutcome.Stopped)], outcomes.Select(o => (o.Cell.Id, o.Outcome)));
        Assert.Empty(runner.Running);
        Assert.True(runner.IsStopping);
    }
}
