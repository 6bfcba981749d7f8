namespace DyT.Collectives.Tcp.Polling;

/// <summary>Pieces of memory one behind the other, without the first bytes, which are done.</summary>
internal unsafe ref struct SegmentList(Segment* list, int skip)
{
    private int _skip = skip;

    public int Count { get; private set; }

    public void Add(byte* at, int length)
    {
        var done = Math.Min(_skip, length);
        _skip -= done;
        if (done < length)
            list[Count++] = new Segment { At = at + done, Length = length - done };
    }
}
