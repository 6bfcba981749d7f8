using DyT.Runs;

namespace DyT.Coordinator.Hosting;

/// <summary>Writes events as JSON lines for whoever started this process. A reader that has gone away does not disturb the run.</summary>
public sealed class EventWriter(TextWriter output)
{
    private readonly Lock _lock = new();
    private bool _broken;

    public void Write(RunEvent e)
    {
        lock (_lock)
        {
            if (_broken)
                return;
            try
            {
                output.WriteLine(e.ToJson());
                output.Flush();
            }
            catch (IOException)
            {
                _broken = true; // nobody listens any more
            }
        }
    }
}
