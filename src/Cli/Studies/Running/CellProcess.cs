using DyT.Cli.Processes;
using DyT.Cli.Summaries;
using DyT.Runs;

namespace DyT.Cli.Studies.Running;

/// <summary>One cell's <c>dyt train</c>, as a child of this process; it stops with a checkpoint when its standard input closes.</summary>
public sealed class CellProcess : IDisposable
{
    private readonly Exit _exit = new();
    private readonly ChildProcess _child;

    /// <param name="words">Behind <c>dyt</c>.</param>
    public CellProcess(string name, IReadOnlyList<string> words, string log)
    {
        var program = ProgramFiles.Find("Cli", "dyt.dll");
        _child = ChildProcess.Start(new ChildStart(name, "dotnet", [program, .. words, "--attached"], new Dictionary<string, string>()), log, _exit);
    }

    /// <summary>Asks it to stop with a checkpoint. From any thread.</summary>
    public void Stop() => _child.CloseInput();

    /// <summary>Ends it and its processes at once. From any thread.</summary>
    public void Kill() => _child.Kill();

    /// <summary>Waits for its end.</summary>
    /// <param name="runOf">Finds the cell's newest run.</param>
    public CellOutcome Wait(StudyCell cell, Func<string?> runOf)
    {
        var code = _exit.Code.Task.GetAwaiter().GetResult();
        var run = runOf();
        // The run's own word first: a guarded run exits as a failed one does.
        var outcome = (run is null ? null : RunSummary.TryRead(new RunFolder(run).SummaryFile)?.Outcome) ?? RunOutcome.Failed;
        var errors = _child.LastErrors;
        var message = outcome is RunOutcome.Finished or RunOutcome.EarlyStopped ? "" : errors.Count > 0 ? errors[^1] : $"exit code {code}, see {_child.LogPath}";
        return new CellOutcome(cell, run, outcome, message);
    }

    public void Dispose() => _child.Dispose();

    private sealed class Exit : IChildObserver
    {
        public TaskCompletionSource<int> Code { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnOutput(ChildProcess child, string line)
        {
            // The log has it.
        }

        public void OnError(ChildProcess child, string line)
        {
            // The log has it, and the child keeps the last ones.
        }

        public void OnExit(ChildProcess child, int exitCode) => Code.TrySetResult(exitCode);
    }
}
