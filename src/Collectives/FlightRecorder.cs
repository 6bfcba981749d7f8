using System.Globalization;
using System.Text;

namespace DyT.Collectives;

/// <summary>
/// The last operations of one worker, kept in a ring so that recording costs nothing worth measuring; written out when a generation breaks, to see who
/// waited for whom. Recorded and read by any thread.
/// </summary>
public sealed class FlightRecorder(int capacity = FlightRecorder.DefaultCapacity)
{
    public const int DefaultCapacity = 2048;

    private readonly Entry[] _entries = new Entry[capacity];
    private readonly Lock _lock = new();
    private long _count;

    /// <summary>Off: only the newest entry is kept, for the status.</summary>
    public bool IsKeeping { get; set; } = true;

    /// <summary>What is going on now, for a status; the last thing recorded.</summary>
    public string Current
    {
        get
        {
            lock (_lock)
                return _count == 0 ? "nothing yet" : Describe(_entries[(_count - 1) % capacity]);
        }
    }

    /// <summary>Seconds since the last thing was recorded: long ones tell of a hang.</summary>
    public double SecondsSinceLast
    {
        get
        {
            lock (_lock)
                return _count == 0 ? 0 : (DateTime.UtcNow - _entries[(_count - 1) % capacity].Time).TotalSeconds;
        }
    }

    /// <param name="what">A constant text: the kind of event.</param>
    /// <param name="number">Step, operation or generation that it belongs to.</param>
    /// <param name="detail">Bytes, micro-shard or the like; -1 for none.</param>
    /// <param name="note">Anything in words; only where something goes wrong, since it allocates.</param>
    public void Record(string what, long number, long detail = -1, string? note = null)
    {
        lock (_lock)
            _entries[IsKeeping ? _count++ % capacity : (_count = 1) - 1] = new Entry(DateTime.UtcNow, what, number, detail, note);
    }

    /// <summary>The ring's content, oldest first, one JSON object per line.</summary>
    public string ToJsonLines()
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            for (var i = Math.Max(0, _count - capacity); i < _count; i++)
            {
                var e = _entries[i % capacity];
                text.Append(CultureInfo.InvariantCulture, $$"""{"time":"{{e.Time:O}}","what":"{{e.What}}","number":{{e.Number}}""");
                if (e.Detail >= 0)
                    text.Append(CultureInfo.InvariantCulture, $",\"detail\":{e.Detail}");
                if (e.Note is not null)
                    text.Append(",\"note\":\"").Append(System.Text.Json.JsonEncodedText.Encode(e.Note)).Append('"');
                text.Append("}\n");
            }
        }

        return text.ToString();
    }

    private static string Describe(Entry e) => e.Detail >= 0
        ? string.Create(CultureInfo.InvariantCulture, $"{e.What} {e.Number} ({e.Detail})")
        : string.Create(CultureInfo.InvariantCulture, $"{e.What} {e.Number}");

    private readonly record struct Entry(DateTime Time, string What, long Number, long Detail, string? Note);
}
