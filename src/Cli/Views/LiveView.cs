using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli.Views;

/// <summary>The live terminal view: one picture, drawn anew a few times a second by a thread of its own from the newest state.</summary>
public sealed class LiveView : ITrainView
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);
    private const int ShownLines = 4;

    private readonly IAnsiConsole _console;
    private readonly RunHeader _header;
    private readonly TimeProvider _time;
    private readonly ManualResetEventSlim _done = new();
    private readonly Thread _drawer;
    private readonly Processes.LastLines _lines = new(ShownLines);
    private volatile TrainProgress _state;

    public LiveView(IAnsiConsole console, RunHeader header, TrainProgress start, TimeProvider time)
    {
        _console = console;
        _header = header;
        _time = time;
        _state = start;
        _drawer = new Thread(Draw) { IsBackground = true, Name = "live-view" };
        _drawer.Start();
    }

    public void Handle(RunEvent e, TrainProgress after) => _state = after;

    public void Log(string process, string line) => _lines.Add($"[{process}] {line}");

    /// <summary>Draws the last state and leaves it on the screen.</summary>
    public void Dispose()
    {
        _done.Set();
        _drawer.Join();
        _done.Dispose();
    }

    private void Draw() => _console.Live(Picture()).Overflow(VerticalOverflow.Crop).Start(context =>
    {
        bool last;
        do
        {
            last = _done.Wait(Redraw);
            context.UpdateTarget(Picture());
        }
        while (!last);
    });

    private Spectre.Console.Rendering.IRenderable Picture()
    {
        var state = _state;
        return LiveLayout.Render(_header, state, _lines.Snapshot(), _time.GetUtcNow() - state.Started, _console.Profile.Width);
    }
}
