using System.Buffers;
using System.Runtime.InteropServices;

namespace DyT.Training.Session;

/// <summary>Float memory seen as bytes, without a copy. Valid as long as the floats are; at most 2^29 - 1 floats.</summary>
internal sealed class FloatBytes(Memory<float> floats) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(floats.Span);

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        var handle = floats.Pin();
        return new MemoryHandle((byte*)handle.Pointer + elementIndex, pinnable: new Unpinner(handle));
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Unpinner(MemoryHandle inner) : IPinnable
    {
        private MemoryHandle _inner = inner;

        public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException();

        public void Unpin() => _inner.Dispose();
    }
}
