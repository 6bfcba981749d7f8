using System.Buffers;
using DyT.Collectives.Tcp;

namespace DyT.Collectives.Shared;

/// <summary>
/// Frames from one process to another, in slots of shared memory. One side writes slots and <see cref="Head"/>, the other reads them and writes
/// <see cref="Tail"/>; slots [tail, head) are the reader's, the others the writer's. Both numbers only rise.
/// <code>
/// head i64 (cache line) | tail i64 (cache line) | slots x (frame header, where its data is lent, padded to a cache line | data)
/// </code>
/// </summary>
internal sealed unsafe class SharedRing
{
    private const int Line = 64;
    private readonly byte* _at;
    private readonly Memory<float>[] _floats;

    public SharedRing(byte* at, int slots, int dataBytes)
    {
        _at = at;
        Slots = slots;
        DataBytes = dataBytes;
        _floats = [.. Enumerable.Range(0, slots).Select(slot => new SlotMemory((float*)(Slot(slot) + Line), dataBytes / sizeof(float)).Memory)];
    }

    public int Slots { get; }

    public int DataBytes { get; }

    /// <summary>Slots ever written; its writer publishes a slot's content by it.</summary>
    public long Head
    {
        get => Volatile.Read(ref *(long*)_at);
        set => Volatile.Write(ref *(long*)_at, value);
    }

    /// <summary>Slots ever given back.</summary>
    public long Tail
    {
        get => Volatile.Read(ref *(long*)(_at + Line));
        set => Volatile.Write(ref *(long*)(_at + Line), value);
    }

    public static long Bytes(int slots, int dataBytes) => 2 * Line + (long)slots * (Line + dataBytes);

    public Span<byte> Header(long number) => new(Slot(number), Frame.HeaderBytes);

    /// <summary>Where in its writer's arena the frame's data lies, in floats from 1; 0: in the slot.</summary>
    public ref long Lent(long number) => ref *(long*)(Slot(number) + Line - sizeof(long));

    public Span<byte> Data(long number) => new(Slot(number) + Line, DataBytes);

    public Memory<float> Floats(long number) => _floats[number % Slots];

    private byte* Slot(long number) => _at + 2 * Line + number % Slots * (Line + DataBytes);

    /// <summary>A slot's data as memory; it lives as long as the mapping.</summary>
    private sealed class SlotMemory(float* at, int length) : MemoryManager<float>
    {
        public override Span<float> GetSpan() => new(at, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(at + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
