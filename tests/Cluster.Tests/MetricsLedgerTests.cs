using DyT.Coordinator;
using DyT.Runs;

namespace DyT.Cluster.Tests;

public sealed class MetricsLedgerTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"dyt-ledger-{Guid.NewGuid():N}", "metrics.jsonl");

    private static StepMetrics Step(long step) => new()
    {
        Step = step, Generation = 1, WorldSize = 1, Loss = double.NaN, LearningRate = 1, GradNorm = 1, Tokens = 1, Seconds = 1,
    };

    private long[] Steps() => [.. File.ReadLines(_path).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("step").GetInt64())];

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void Each_step_has_one_line_in_order()
    {
        using var ledger = new MetricsLedger(_path);
        foreach (var step in new long[] { 1, 2, 2, 1, 3 })
            ledger.Append(Step(step));
        Assert.Equal([1L, 2, 3], Steps());
    }

    [Fact]
    public void Steps_that_will_be_done_again_are_taken_back()
    {
        using var ledger = new MetricsLedger(_path);
        for (var step = 1; step <= 5; step++)
            ledger.Append(Step(step));
        ledger.TruncateAfter(3);
        ledger.Append(Step(4));
        Assert.Equal([1L, 2, 3, 4], Steps());
    }

    [Fact]
    public void A_line_that_a_crash_cut_off_is_taken_back_at_the_next_start()
    {
        using (var ledger = new MetricsLedger(_path))
        {
            ledger.Append(Step(1));
            ledger.Append(Step(2));
        }

        File.WriteAllText(_path, File.ReadAllText(_path)[..^20]);
        using var again = new MetricsLedger(_path);
        Assert.Equal(1, again.LastStep);
        again.Append(Step(2));
        Assert.Equal([1L, 2], Steps());
    }

    [Fact]
    public void A_line_that_lacks_only_its_end_is_kept_and_ended()
    {
        using (var ledger = new MetricsLedger(_path))
            ledger.Append(Step(1));
        File.WriteAllText(_path, File.ReadAllText(_path)[..^1]);
        using var again = new MetricsLedger(_path);
        again.Append(Step(2));
        Assert.Equal([1L, 2], Steps());
    }
}
