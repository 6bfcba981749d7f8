using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DyT.Training.Session;

/// <summary>XXH128 over float buffers: fast, for comparisons between workers, not against malice.</summary>
internal static class BufferHash
{
    private const int Piece = 16 * 1024 * 1024; // a span of bytes holds 2 GiB at most

    public static UInt128 Of(IEnumerable<Memory<float>> buffers)
    {
        var hash = new XxHash128();
        foreach (var buffer in buffers)
        {
            for (var at = 0; at < buffer.Length; at += Piece)
                hash.Append(MemoryMarshal.AsBytes(buffer.Span.Slice(at, Math.Min(Piece, buffer.Length - at))));
        }

        return hash.GetCurrentHashAsUInt128();
    }
}
