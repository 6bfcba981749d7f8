using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace DyT.Runs.Tracing;

/// <summary>Hears from the runtime when it holds all managed threads, for a garbage collection mostly.</summary>
internal sealed class PauseListener : EventListener
{
    // Events of the runtime's provider (Microsoft, "Runtime garbage collection events").
    private const string Provider = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords Collector = (EventKeywords)0x1;
    private const int SuspendBegin = 9;
    private const int RestartEnd = 3;
    private const uint ForCollection = 1;
    private const uint BeforeCollection = 6;

    private readonly Action<string, long, long>? _onPause; // null while the base's constructor runs
    private readonly long _timestamp = Stopwatch.GetTimestamp();
    private readonly DateTime _time = DateTime.UtcNow;
    private EventSource? _runtime; // found by the base's constructor, before this one's body
    private string _name = "";
    private long _begin;

    /// <param name="onPause">Name, begin and end by <see cref="Stopwatch.GetTimestamp"/>; on the runtime's own thread.</param>
    public PauseListener(Action<string, long, long> onPause)
    {
        _onPause = onPause;
        if (_runtime is not null)
            EnableEvents(_runtime, EventLevel.Informational, Collector);
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name != Provider)
            return;
        _runtime = eventSource;
        if (_onPause is not null)
            EnableEvents(eventSource, EventLevel.Informational, Collector);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventId)
        {
            case SuspendBegin:
                _begin = Timestamp(eventData.TimeStamp);
                _name = eventData.Payload is [uint reason, ..] && reason is ForCollection or BeforeCollection ? "collection" : "runtime";
                break;
            case RestartEnd when _begin > 0:
                _onPause?.Invoke(_name, _begin, Timestamp(eventData.TimeStamp));
                _begin = 0;
                break;
        }
    }

    private long Timestamp(DateTime time) => _timestamp + (long)((time - _time).TotalSeconds * Stopwatch.Frequency);
}
