using System.Globalization;
using DyT.Runs;

namespace DyT.Cli.Views;

/// <summary>Plain lines, for files and pipes: a step about every two seconds, and everything that is not a mere step.</summary>
public sealed class PlainView(TextWriter output, RunHeader header, TimeProvider time) : ITrainView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private long? _lastLine;
    private bool _headerWritten;

    public void Handle(RunEvent e, TrainProgress after)
    {
        if (!_headerWritten)
        {
            _headerWritten = true;
            output.WriteLine($"run {header.Run}: {header.Model}, {header.Device}");
        }

        switch (e)
        {
            case CoordinatorReady ready:
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"coordinator listens at {ready.Host}:{ready.Port}"));
                break;
            case RosterChanged roster:
                output.WriteLine($"workers: {(roster.Workers.Count > 0 ? string.Join(", ", roster.Workers) : "none")} (at least {roster.MinWorkers})");
                break;
            case GenerationFormed formed:
                var ranges = formed.Members.Zip(formed.MicroShards, (name, shards) => $"{name} x{shards}");
                output.WriteLine($"generation {formed.Number}: {string.Join(", ", ranges)} ({formed.Reason})");
                break;
            case StepCommitted committed:
                HandleStep(committed.Metrics, after);
                break;
            case CheckpointWritten written:
                output.WriteLine($"checkpoint of step {written.Step}: {written.Path}");
                break;
            case StateTransferred transfer when transfer.DoneBytes == transfer.TotalBytes:
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"state of {transfer.Worker}: {Format.Bytes(transfer.TotalBytes)} have arrived within {transfer.Seconds:0.00} s"));
                break;
            case Notice notice:
                output.WriteLine($"note: {notice.Message}");
                break;
            case RunEnded ended:
                output.WriteLine($"{after.Phase} at step {ended.Step}{(ended.Message.Length > 0 ? $": {ended.Message}" : "")}");
                break;
        }
    }

    public void Log(string process, string line) => output.WriteLine($"[{process}] {line}");

    public void Dispose() => output.Flush();

    private void HandleStep(StepMetrics metrics, TrainProgress after)
    {
        var now = time.GetTimestamp();
        var due = _lastLine is not { } last || time.GetElapsedTime(last, now) >= Interval;
        if (!due && metrics.ValLoss is null && metrics.Step != after.TotalSteps)
            return;
        _lastLine = now;
        var val = metrics.ValLoss is { } loss ? $" val {Format.Loss(loss)}{(after.BestValStep == metrics.Step ? " (best)" : "")}{Format.Scores(metrics.ValScores, " ")}" : "";
        var mfu = metrics.Mfu is { } share ? $" mfu {Format.Percent(share)}" : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"step {metrics.Step}/{after.TotalSteps} loss {Format.Loss(metrics.Loss)}{val} lr {Format.Scientific(metrics.LearningRate)} grad {metrics.GradNorm:0.000} {Format.Count(after.TokensPerSecond ?? 0)} tokens/s{mfu} world {metrics.WorldSize} gen {metrics.Generation} left {Format.Duration(after.Left)}"));
    }
}
