using System.Runtime.InteropServices;

namespace DyT.Collectives.Tcp;

/// <summary>Memory that goes over the wire as it stands: floats, bytes, or half of the floats' memory, where they stand as bf16. Little-endian, as every supported machine is.</summary>
internal readonly struct Payload
{
    private readonly Memory<float> _floats;
    private readonly Memory<byte> _bytes;
    private readonly Part _part;

    public Payload(Memory<float> floats)
        : this(floats, Part.Whole)
    {
    }

    public Payload(Memory<byte> bytes) => _bytes = bytes;

    private Payload(Memory<float> floats, Part part)
    {
        _floats = floats;
        _part = part;
    }

    private enum Part : byte
    {
        Whole,
        First,
        Second,
    }

    public int Length => _floats.Length > 0 ? _floats.Length * (_part == Part.Whole ? sizeof(float) : sizeof(ushort)) : _bytes.Length;

    public Span<byte> Span
    {
        get
        {
            if (_floats.Length == 0)
                return _bytes.Span;
            var bytes = MemoryMarshal.AsBytes(_floats.Span);
            return _part switch
            {
                Part.Whole => bytes,
                Part.First => bytes[..(bytes.Length / 2)],
                _ => bytes[(bytes.Length / 2)..],
            };
        }
    }

    /// <summary>Where <see cref="Bf16.NarrowInPlace"/> leaves its values.</summary>
    public static Payload FirstHalf(Memory<float> floats) => new(floats, Part.First);

    /// <summary>Where <see cref="Bf16.WidenInPlace"/> finds its values.</summary>
    public static Payload SecondHalf(Memory<float> floats) => new(floats, Part.Second);
}
