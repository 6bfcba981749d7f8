using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace DyT.Collectives.Shared;

/// <summary>A mapped file as floats. Whoever unmaps it sees to it that nobody uses them any more.</summary>
internal sealed unsafe class SharedFloats : MemoryManager<float>
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _at;

    /// <param name="stream">Stays the caller's.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="access">Whoever writes where only reading is allowed crashes.</param>
    public SharedFloats(FileStream stream, long bytes, MemoryMappedFileAccess access)
    {
        Bytes = bytes;
        _file = MemoryMappedFile.CreateFromFile(stream, null, bytes, access, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, bytes, access);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _at);
    }

    public long Bytes { get; }

    public float* At => (float*)_at;

    public override Span<float> GetSpan() => new(_at, (int)(Bytes / sizeof(float)));

    public override MemoryHandle Pin(int elementIndex = 0) => new(At + elementIndex, default, this);

    public override void Unpin()
    {
    }

    public void Unmap()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
    }
}
