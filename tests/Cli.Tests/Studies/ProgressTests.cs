using DyT.Cli.Studies;
using DyT.Cli.Studies.Progress;
using DyT.Config;
using DyT.Config.Studies;
using Spectre.Console;

namespace DyT.Cli.Tests.Studies;

public sealed class ProgressTests
{
    [Fact]
    public void Work_is_steps_times_samples_times_positions()
    {
        var work = CellWork.Of(ConfigLoader.Parse("", "c", ["model.block=32", "schedule.warmup=0", "train.steps=10", "train.global_batch=8", "train.micro_batch=4", "model.vocab=100"]));
        Assert.Equal((10L, 2560.0), (work.Steps, work.Tokens));
        var longer = CellWork.Of(ConfigLoader.Parse("", "c", ["model.block=32", "schedule.warmup=0", "train.steps=20", "train.global_batch=8", "train.micro_batch=4", "model.vocab=100"]));
        Assert.Equal(2 * work.Flops, longer.Flops);
        Assert.Equal((30L, 7680.0, 3 * work.Flops), (CellWork.Sum([work, longer]).Steps, CellWork.Sum([work, longer]).Tokens, CellWork.Sum([work, longer]).Flops));
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Every_architecture_has_work(ArchKind arch)
    {
        var work = CellWork.Of(ConfigLoader.Parse("", "c", [$"model.arch={arch.ToString().ToLowerInvariant()}", "model.position=sinusoidal"]));
        Assert.True(work.Tokens > 0 && work.Flops > work.Tokens);
    }

    public static TheoryData<ArchKind> Architectures => [.. Enum.GetValues<ArchKind>()];

    [Fact]
    public void Images_have_work_too() =>
        Assert.Equal(5.0 * 64 * 64, CellWork.Of(ConfigLoader.Parse("", "c", ["model.arch=vit", "schedule.warmup=0", "train.steps=5", "train.global_batch=64", "train.micro_batch=64", "cluster.workers=1", "data.source=fashion-mnist"])).Tokens);

    [Theory]
    [InlineData(300, 100, 10, 30.0)]
    [InlineData(0, 0, 10, 0.0)]
    [InlineData(300, 0, 10, null)]
    [InlineData(300, 100, 0, null)]
    [InlineData(1e300, 1e-9, 10, null)]
    public void What_is_left_takes_as_long_as_what_was_done_took(double left, double done, double seconds, double? expected) =>
        Assert.Equal(expected, StudyStatus.TimeFor(left, done, TimeSpan.FromSeconds(seconds))?.TotalSeconds);

    [Fact]
    public void A_cell_s_rest_is_told_by_its_newest_steps()
    {
        Assert.Equal(new CellStatus("c", 0, 10, null, null), CellStatus.Of("c", 10, []));
        Assert.Equal(new CellStatus("c", 4, 10, 1.5, TimeSpan.FromSeconds(12)), CellStatus.Of("c", 10, [Steps.Step(3, seconds: 1), Steps.Step(4, loss: 1.5, seconds: 3)]));
    }

    [Fact]
    public void The_picture_has_a_line_for_each_running_cell_and_one_for_all()
    {
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 120;
        console.Write(StudyPicture.Render(new StudyStatus(3, 8, [new CellStatus("dyt_s1", 5, 10, 2.5, TimeSpan.FromSeconds(42)), new CellStatus("ln_s1", 0, 10, null, null)], TimeSpan.FromSeconds(61), TimeSpan.FromMinutes(10)), 120));
        foreach (var part in (string[])["dyt_s1 5/10", "loss 2.5000", "42s left", "ln_s1 starting", "3 of 8 cells", "1m01s gone", "about 10m00s left"])
            Assert.Contains(part, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_estimate_divides_by_the_threads_that_there_are()
    {
        using var scratch = new Scratch();
        scratch.File("base.yaml", "train: {steps: 100}\ncluster: {workers: 4, threads_per_worker: 1}\nmodel: {vocab: 64}\n");
        var plan = StudyPlan.Of(StudyReader.Read(scratch.File("s.yaml", "name: s\nbase: base.yaml\n")), false, "out");
        StudyCell[] cells = [.. plan.Cells(plan.Groups[0], null)];
        // 0.3 of a rate of as many FLOP/s as the cell has FLOPs: 1 / 0.3 seconds on one core, half of it on two.
        var flops = CellWork.Of(cells[0].Config).Flops;
        Assert.Contains("roughly 3.3s", StudyEstimate.Text(cells, 1, 1, flops), StringComparison.Ordinal);
        Assert.Contains("roughly 1.7s", StudyEstimate.Text(cells, 1, 2, flops), StringComparison.Ordinal);
        Assert.StartsWith("1 runs, 100 steps", StudyEstimate.Text(cells, 1, 2, flops), StringComparison.Ordinal);
    }
}
