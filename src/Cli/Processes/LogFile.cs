namespace DyT.Cli.Processes;

/// <summary>A process's log: both of its streams, line by line, appended over restarts and flushed at once, so that a crash loses nothing.</summary>
public sealed class LogFile : IDisposable
{
    private readonly StreamWriter _writer;
    private readonly Lock _lock = new();
    private bool _full;
    private bool _closed;

    public LogFile(string path)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        Path = path;
        _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    public string Path { get; }

    public void WriteLine(string line)
    {
        lock (_lock)
        {
            if (_full || _closed)
                return;
            try
            {
                _writer.WriteLine(line);
            }
            catch (IOException)
            {
                // A full disk must not end a run that still computes; the line has also gone to the view. The rest of this log is given up.
                _full = true;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            try
            {
                _writer.Dispose();
            }
            catch (IOException)
            {
                // As above: what does not fit on the disk is lost, the run's end is not.
                _full = true;
            }
        }
    }
}
