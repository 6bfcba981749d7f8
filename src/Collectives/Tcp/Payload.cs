using System.Runtime.InteropServices;

namespace DyT.Collectives.Tcp;

/// <summary>Memory that goes over the wire as it stands: floats or bytes. Little-endian, as every supported machine is.</summary>
internal readonly struct Payload
{
    private readonly Memory<float> _floats;
    private readonly Memory<byte> _bytes;

    public Payload(Memory<float> floats) => _floats = floats;

    public Payload(Memory<byte> bytes) => _bytes = bytes;

    public int Length => _floats.Length > 0 ? _floats.Length * sizeof(float) : _bytes.Length;

    public Span<byte> Span => _floats.Length > 0 ? MemoryMarshal.AsBytes(_floats.Span) : _bytes.Span;
}
