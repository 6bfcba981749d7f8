using System.Diagnostics;
using System.Text.Json;
using DyT.Runs;
using DyT.Runs.Tracing;

namespace DyT.Training.Tests.Tracing;

public sealed class TraceRecorderTests
{
    private static List<JsonElement> Read(RunFolder folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(folder.TraceFile));
        return [.. document.RootElement.GetProperty("traceEvents").Clone().EnumerateArray()];
    }

    private static List<JsonElement> Spans(RunFolder folder, TraceTrack track) =>
        [.. Read(folder).Where(e => e.GetProperty("ph").GetString() == "X" && e.GetProperty("tid").GetInt32() == (int)track)];

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    [Fact]
    public void Spans_of_several_threads_and_workers_stand_on_one_time_line()
    {
        using var scratch = new Scratch();
        var folder = new RunFolder(scratch.At("run"));
        var begin = Stopwatch.GetTimestamp();
        foreach (var worker in (string[])["w0", "w1"])
        {
            using var recorder = TraceRecorder.Start(folder, worker, Assert.Fail)!;
            Parallel.For(0, 4, thread =>
            {
                for (var i = 0; i < 1000; i++)
                    recorder.Span(TraceTrack.Reduction, "bucket", begin + (thread * 1000) + i, begin + (thread * 1000) + i + 5000, i);
            });
        }

        var summary = TraceMerger.Merge(folder)!;
        Assert.Equal((1, 2), (summary.Hosts, summary.Workers.Count));
        Assert.Equal(["w0", "w1"], summary.Workers.Select(w => w.Name).Order());
        var spans = Spans(folder, TraceTrack.Reduction);
        Assert.Equal(8000, spans.Count);
        Assert.All(spans, s => Assert.Equal(Microseconds(5000), s.GetProperty("dur").GetDouble(), 0.01));
        var times = spans.Where(s => s.GetProperty("pid").GetInt32() == 1).Select(s => s.GetProperty("ts").GetDouble()).ToList();
        Assert.Equal(Microseconds(3999), times.Max() - times.Min(), 0.01);
        // Recorded as of the same moments, in two files: the same places.
        Assert.Equal(times.Min(), spans.Where(s => s.GetProperty("pid").GetInt32() == 2).Min(s => s.GetProperty("ts").GetDouble()), 0.01);
    }

    [Fact]
    public void Beyond_its_limit_it_leaves_spans_out_and_says_so()
    {
        using var scratch = new Scratch();
        var folder = new RunFolder(scratch.At("run"));
        using (var recorder = TraceRecorder.Start(folder, "w0", Assert.Fail, mostSpans: 10)!)
        {
            for (var i = 0; i < 11; i++)
                recorder.Span(TraceTrack.Training, "forward", i, i + 1, i);
        }

        Assert.True(TraceMerger.Merge(folder)!.Workers.Single().IsCut);
        Assert.Equal(Enumerable.Range(0, 10), Spans(folder, TraceTrack.Training).Select(s => s.GetProperty("args").GetProperty("number").GetInt32()));
    }

    [Fact]
    public void A_step_tells_what_its_thread_allocated()
    {
        using var scratch = new Scratch();
        var folder = new RunFolder(scratch.At("run"));
        using (var recorder = TraceRecorder.Start(folder, "w0", Assert.Fail)!)
        {
            var probe = StepProbe.Now();
            GC.KeepAlive(new byte[1_000_000]);
            recorder.Step(3, probe);
        }

        var worker = TraceMerger.Merge(folder)!.Workers.Single();
        Assert.Equal(1, worker.Steps);
        Assert.InRange(worker.AllocatedBytes, 1_000_000, 1_100_000);
        Assert.False(worker.IsCut);
    }

    [Fact]
    public void Collections_are_on_a_row_of_their_own()
    {
        using var scratch = new Scratch();
        var folder = new RunFolder(scratch.At("run"));
        using (TraceRecorder.Start(folder, "w0", Assert.Fail)!)
        {
            // The runtime tells of it a moment later, on a thread of its own.
            var part = Directory.GetFiles(folder.TraceParts).Single();
            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    GC.Collect();
                    return TraceMerger.Events(part).Any(e => e is { IsSpan: true, Tid: (int)TraceTrack.Pauses, Name: "collection" });
                },
                TimeSpan.FromSeconds(60)));
        }

        var worker = TraceMerger.Merge(folder)!.Workers.Single();
        Assert.True(worker.Pauses > 0 && worker.LongestPauseMs > 0);
    }

    [Fact]
    public void A_part_that_a_kill_cut_off_is_read_up_to_there_and_strange_lines_are_passed_over()
    {
        using var scratch = new Scratch();
        var folder = new RunFolder(scratch.At("run"));
        using (var recorder = TraceRecorder.Start(folder, "w0", Assert.Fail)!)
        {
            recorder.Span(TraceTrack.Training, "forward", 1000, 2000);
            recorder.Span(TraceTrack.Training, "backward", 2000, 3000);
        }

        var part = Directory.GetFiles(folder.TraceParts).Single();
        var lines = File.ReadAllLines(part);
        Assert.Contains("backward", lines[^1], StringComparison.Ordinal);
        File.WriteAllText(part, string.Join('\n', lines[..^1]) + "\nnonsense\n{\"ph\":null},\n" + lines[^1][..30]);
        File.WriteAllText(Path.Combine(folder.TraceParts, "empty.json"), "[\n");
        Assert.Single(TraceMerger.Merge(folder)!.Workers);
        Assert.Equal("forward", Assert.Single(Spans(folder, TraceTrack.Training)).GetProperty("name").GetString());
    }

    [Fact]
    public void Without_any_part_there_is_no_trace()
    {
        using var scratch = new Scratch();
        Assert.Null(TraceMerger.Merge(new RunFolder(scratch.At("run"))));
    }
}
