using DyT.Cli.Views;
using DyT.Runs;

namespace DyT.Cli.Tests.Views;

public sealed class PlainViewTests
{
    private static readonly RunHeader Header = new("quick-1", "4 layers, d 128, dyt", "cpu");

    [Fact]
    public void A_whole_run_reads_like_this()
    {
        var time = new ManualTime();
        var output = new StringWriter { NewLine = "\n" };
        using (var view = new PlainView(output, Header, time))
        {
            var feed = new ProgressFeed(new TrainProgress(5, time.GetUtcNow()), view, time);
            feed.OnEvent(new CoordinatorReady("127.0.0.1", 4711));
            feed.OnLog("w0", "hello");
            feed.OnEvent(new RosterChanged(["w0", "w1"], 2));
            feed.OnEvent(new GenerationFormed(1, ["w0", "w1"], [2, 2], "enough workers"));
            feed.OnEvent(new StepCommitted(Steps.Step(1, 4)));
            time.Advance(1);
            feed.OnEvent(new StepCommitted(Steps.Step(2, 3.5)));
            time.Advance(1);
            feed.OnEvent(new StepCommitted(Steps.Step(3, 3)));
            time.Advance(0.5);
            feed.OnEvent(new StepCommitted(Steps.Step(4, 2.5, val: 2.75)));
            feed.OnEvent(new CheckpointWritten(4, "runs/quick-1/checkpoints/step-4"));
            feed.OnEvent(new WorkerReported(Steps.Status("w0", 0)));
            feed.OnEvent(new Notice("disk is nearly full"));
            time.Advance(0.5);
            feed.OnEvent(new StepCommitted(Steps.Step(5, 2.25)));
            feed.OnEvent(new RunEnded(RunOutcome.Finished, 5, ""));
        }

        Assert.Equal(
            """
            run quick-1: 4 layers, d 128, dyt, cpu
            coordinator listens at 127.0.0.1:4711
            [w0] hello
            workers: w0, w1 (at least 2)
            generation 1: w0 x2, w1 x2 (enough workers)
            step 1/5 loss 4.0000 lr 3.00e-4 grad 1.250 2.0k tokens/s mfu 50.0% world 2 gen 1 left -
            step 3/5 loss 3.0000 lr 3.00e-4 grad 1.250 2.0k tokens/s mfu 50.0% world 2 gen 1 left 2.0s
            step 4/5 loss 2.5000 val 2.7500 (best) lr 3.00e-4 grad 1.250 2.0k tokens/s mfu 50.0% world 2 gen 1 left 0.8s
            checkpoint of step 4: runs/quick-1/checkpoints/step-4
            note: disk is nearly full
            step 5/5 loss 2.2500 lr 3.00e-4 grad 1.250 2.0k tokens/s mfu 50.0% world 2 gen 1 left 0.0s
            finished at step 5

            """,
            output.ToString());
    }
}
