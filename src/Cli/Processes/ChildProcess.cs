using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using DyT.Config;

namespace DyT.Cli.Processes;

/// <summary>
/// A running child whose life is tied to ours: it holds the read end of a pipe as standard input and exits when that closes,
/// which the system does even if this process is killed. Output is passed on line by line by two threads; a third waits for the end.
/// </summary>
public sealed class ChildProcess : IDisposable
{
    private const int KeptErrorLines = 8;

    private readonly Process _process;
    private readonly IChildObserver _observer;
    private readonly LogFile _log;
    private readonly LastLines _errors = new(KeptErrorLines);
    private readonly Lock _inputLock = new();
    private readonly Thread _waiter;
    private bool _inputClosed;

    private ChildProcess(Process process, ChildStart start, LogFile log, IChildObserver observer)
    {
        _process = process;
        _observer = observer;
        _log = log;
        Name = start.Name;
        Id = process.Id;
        var output = Pump("out", process.StandardOutput, line => _observer.OnOutput(this, line));
        var error = Pump("err", process.StandardError, line =>
        {
            _errors.Add(line);
            _observer.OnError(this, line);
        });
        _waiter = new Thread(() => WaitForEnd(output, error)) { IsBackground = true, Name = $"{Name}-wait" };
        output.Start();
        error.Start();
        _waiter.Start();
    }

    public string Name { get; }

    /// <summary>Process id.</summary>
    public int Id { get; }

    public string LogPath => _log.Path;

    /// <summary>The last lines of standard error, oldest first.</summary>
    public IReadOnlyList<string> LastErrors => _errors.Snapshot();

    /// <exception cref="UserErrorException">The program cannot be started, or its log file not be written.</exception>
    public static ChildProcess Start(ChildStart start, string logFile, IChildObserver observer)
    {
        var info = new ProcessStartInfo(start.Program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in start.Arguments)
            info.ArgumentList.Add(argument);
        foreach (var (key, value) in start.Environment)
            info.Environment[key] = value;

        LogFile? log = null;
        try
        {
            log = new LogFile(logFile);
            var process = Process.Start(info) ?? throw new InvalidOperationException($"{start.Program} did not start");
            return new ChildProcess(process, start, log, observer);
        }
        catch (Win32Exception e)
        {
            log?.Dispose();
            throw new UserErrorException($"{start.Name}: cannot start {start.Program} ({e.Message}); check that it is installed and on PATH.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log?.Dispose();
            throw new UserErrorException($"{logFile}: cannot be written ({e.Message}); free space or choose another output folder.", inner: e);
        }
    }

    /// <summary>Writes a line to the child's standard input; does nothing when the child has gone.</summary>
    public void Tell(string line)
    {
        lock (_inputLock)
        {
            if (_inputClosed)
                return;
            try
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // The read end is gone: the child has ended or is about to, which OnExit tells.
                _inputClosed = true;
            }
        }
    }

    /// <summary>Tells the child to end by itself: closes its standard input.</summary>
    public void CloseInput()
    {
        lock (_inputLock)
        {
            if (_inputClosed)
                return;
            _inputClosed = true;
            try
            {
                _process.StandardInput.Close();
            }
            catch (IOException)
            {
                // Closing flushes; a child that has gone cannot take it, and needs nothing any more.
                return;
            }
        }
    }

    /// <summary>Ends the child and everything it started, at once.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // Already ended, or ending right now.
            _errors.Add($"kill: {e.Message}");
        }
    }

    /// <summary>True when the child ended, and its last output was passed on, within the time.</summary>
    public bool WaitForExit(TimeSpan patience) => _waiter.Join(patience);

    /// <summary>Closes the child's input, gives it a moment to leave, then kills it. Never leaves it running.</summary>
    public void Dispose()
    {
        CloseInput();
        if (!WaitForExit(TimeSpan.FromSeconds(2)))
        {
            Kill();
            // A grandchild may hold the pipes open although the child is dead; the pumps are background threads and may be left behind.
            WaitForExit(TimeSpan.FromSeconds(5));
        }

        _log.Dispose();
        _process.Dispose();
    }

    private Thread Pump(string stream, StreamReader reader, Action<string> passOn)
    {
        return new Thread(() =>
        {
            var lines = new BoundedLineReader(reader);
            try
            {
                while (lines.ReadLine() is { } line)
                {
                    _log.WriteLine(line);
                    passOn(line);
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                _errors.Add($"{stream}: {e.Message}");
            }
        })
        { IsBackground = true, Name = $"{Name}-{stream}" };
    }

    private void WaitForEnd(Thread output, Thread error)
    {
        _process.WaitForExit();
        // Without a bound, a grandchild that inherited the pipes would keep the end of this child unnoticed.
        output.Join(TimeSpan.FromSeconds(3));
        error.Join(TimeSpan.FromSeconds(3));
        _observer.OnExit(this, _process.ExitCode);
    }
}
