using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;

namespace DyT.Data;

/// <summary>
/// A file mapped into memory for reading, so that all workers of a machine share one copy. Reading is safe from several threads; disposing is not safe
/// while another thread reads. What is mapped is never altered in place: it is written aside and renamed, so a mapping cannot shrink under a reader.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly long _length;
    private bool _disposed;

    private MappedFile(MemoryMappedFile file, long length)
    {
        _file = file;
        _length = length;
        _view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + _view.PointerOffset;
    }

    /// <summary>Maps the first <paramref name="length"/> bytes (at least 1), all of which must be there.</summary>
    public static MappedFile Open(string path, long length) => InputFile.Guard(path, () =>
    {
        var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        try
        {
            return new MappedFile(file, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    });

    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (offset > _length || count > _length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{count} bytes from {offset} of {_length}.");
        return new ReadOnlySpan<byte>(_start + offset, count);
    }

    /// <summary>SHA-256 of everything from an offset on, lowercase hexadecimal.</summary>
    public string HashFrom(long offset)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        const int piece = 1 << 24;
        for (; offset < _length; offset += piece) hash.AppendData(Bytes(offset, (int)Math.Min(piece, _length - offset)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
