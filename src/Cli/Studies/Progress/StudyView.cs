using System.Collections.Concurrent;
using Spectre.Console;

namespace DyT.Cli.Studies.Progress;

/// <summary>Shows a study on its way: on a terminal lines above a live picture, drawn by one thread of its own; elsewhere lines alone.</summary>
public sealed class StudyView : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromSeconds(1);

    private readonly IAnsiConsole _console;
    private readonly Func<StudyStatus> _status;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly ManualResetEventSlim _done = new();
    private readonly Thread? _drawer;

    /// <param name="status">Asked about once a second, by the view's thread.</param>
    public StudyView(IAnsiConsole console, Func<StudyStatus> status)
    {
        (_console, _status) = (console, status);
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive)
            return;
        _drawer = new Thread(Draw) { IsBackground = true, Name = "study-view" };
        _drawer.Start();
    }

    /// <summary>A line that stays. From any thread.</summary>
    public void Say(string line)
    {
        if (_drawer is not null)
        {
            _lines.Enqueue(line);
            return;
        }

        lock (_lines)
            _console.Profile.Out.Writer.WriteLine(line);
    }

    /// <summary>Writes the last lines and takes the picture away.</summary>
    public void Dispose()
    {
        _done.Set();
        _drawer?.Join();
        _done.Dispose();
    }

    private void Draw() => _console.Live(Picture()).AutoClear(true).Overflow(VerticalOverflow.Crop).Start(context =>
    {
        bool last;
        do
        {
            last = _done.Wait(Redraw);
            while (_lines.TryDequeue(out var line))
                _console.Write(new Text(line + "\n"));
            context.UpdateTarget(Picture());
        }
        while (!last);
    });

    private Spectre.Console.Rendering.IRenderable Picture() => StudyPicture.Render(_status(), _console.Profile.Width);
}
