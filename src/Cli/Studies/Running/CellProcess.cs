using DyT.Cli.Processes;

namespace DyT.Cli.Studies.Running;

/// <summary>One cell's <c>dyt train</c>, as a child of this process; it stops with a checkpoint when its standard input closes.</summary>
public sealed class CellProcess : ICellProcess
{
    private readonly Exit _exit = new();
    private readonly ChildProcess _child;

    /// <param name="words">Behind <c>dyt</c>.</param>
    public CellProcess(string name, IReadOnlyList<string> words, string log)
    {
        var program = ProgramFiles.Find("Cli", "dyt.dll");
        _child = ChildProcess.Start(new ChildStart(name, "dotnet", [program, .. words, "--attached"], new Dictionary<string, string>()), log, _exit);
    }

    public void Stop() => _child.CloseInput();

    public void Kill() => _child.Kill();

    public CellExit Wait() => new(_exit.Code.Task.GetAwaiter().GetResult(), _child.LastErrors is [.., var last] ? last : null);

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
