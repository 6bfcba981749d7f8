using DyT.Runs.Tracing;
using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

/// <summary>What a real session puts into a trace, and what a step allocates.</summary>
public sealed class TraceTests
{
    private static List<TraceEvent> Trace(TestRun run)
    {
        using (var trace = TraceRecorder.Start(run.Folder, "w0", Assert.Fail)!)
        using (var session = TrainingSession.Open(run.Config, run.Folder, "w0", _ => { }, null, trace))
            run.Run(session);
        return [.. TraceMerger.Events(Directory.GetFiles(run.Folder.TraceParts).Single()).Where(e => e.IsSpan)];
    }

    [Fact]
    public void Every_phase_of_every_step_is_in_it_and_lies_inside_the_step()
    {
        using var run = new TestRun("checkpoint.every=5 checkpoint.keep_best=false");
        var spans = Trace(run);
        var steps = spans.Where(s => s.Tid == (int)TraceTrack.Steps).ToList();
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long?)i), steps.Select(s => s.Args!.Number));
        int Count(TraceTrack track, string name) => spans.Count(s => s.Tid == (int)track && s.Name == name);
        Assert.Equal([48, 48, 48], new[] { "data", "forward", "backward" }.Select(name => Count(TraceTrack.Training, name))); // 4 micro-shards
        Assert.Equal(12, Count(TraceTrack.Training, "optimizer"));
        Assert.Equal(3, Count(TraceTrack.Training, "evaluation"));
        Assert.Equal((3, 3), (Count(TraceTrack.Checkpoints, "snapshot"), Count(TraceTrack.Checkpoints, "write"))); // after 5, 10 and the last step
        Assert.Equal(0, Count(TraceTrack.Reduction, "bucket") % 12);
        Assert.True(Count(TraceTrack.Reduction, "bucket") > 0);
        foreach (var name in new[] { "data", "forward", "backward", "optimizer" })
        {
            Assert.All(
                spans.Where(s => s.Tid == (int)TraceTrack.Training && s.Name == name),
                phase => Assert.Single(steps, step => step.Ts <= phase.Ts + 1 && phase.Ts + phase.Dur <= step.Ts + step.Dur + 1));
        }
    }

    [Fact]
    public void A_step_allocates_no_array_that_grows_with_its_tokens()
    {
        long Allocated(int block)
        {
            using var run = new TestRun($"model.block={block} train.eval_every=0");
            // The first steps make what the later ones use again.
            return Trace(run).Where(s => s.Tid == (int)TraceTrack.Steps).Skip(6).Min(s => s.Args!.AllocatedBytes!.Value);
        }

        var few = Allocated(16);
        var many = Allocated(512);
        // Inputs and targets of 4 micro-batches of [2, 512] alone would be 65 KB of managed memory more.
        Assert.InRange(many - few, long.MinValue, 16_000);
        Assert.InRange(many, 0, 400_000);
    }
}
