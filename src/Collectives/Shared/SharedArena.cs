using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace DyT.Collectives.Shared;

/// <summary>
/// Memory of this process that its peers on the same host may map: what lies in it need not be copied on its way to them. It has no name in any file system (memfd_create(2)), so it does not count against
/// the size of <c>/dev/shm</c>, and pages that are never touched take nothing. Made once, before the first generation; every generation's peers map it anew.
/// </summary>
/// <remarks>
/// Peers map it for reading alone: one that was left behind in an old generation, frozen and alive again, can spoil nothing. What it reads then may be of a later step. So nobody takes what a reduction or gather
/// brought for good before it has heard from all its peers once more, which a process that has left the generation does not let it: votes follow the reductions of a step, a barrier the gathering of weights.
/// </remarks>
public sealed unsafe partial class SharedArena : IDisposable
{
    private const int Alignment = 4096; // of an allocation
    private const uint CloseOnExec = 1;

    private FileStream? _stream;
    private SharedFloats? _memory;
    private long _used; // bytes

    /// <summary>By this its peers make sure that they have found it.</summary>
    internal byte[] Id { get; } = RandomNumberGenerator.GetBytes(ArenaPlace.IdBytes);

    /// <summary>Where peers find it; null while there is none.</summary>
    internal ArenaPlace? Place => _memory is null ? null : new ArenaPlace(Environment.ProcessId, (int)_stream!.SafeFileHandle.DangerousGetHandle(), _memory.Bytes);

    /// <summary>Makes room, once; where the system has no such memory there is none, and all memory is ordinary.</summary>
    /// <param name="buffers">How many allocations to come; for fewer where more could not be addressed (2^31 floats in all).</param>
    /// <param name="floats">Of how many elements each.</param>
    public void Reserve(int buffers, int floats)
    {
        if (_memory is not null)
            throw new InvalidOperationException("the arena has its size already");
        var bytes = Math.Min(buffers, (long)int.MaxValue * sizeof(float) / Aligned(floats)) * Aligned(floats);
        if (!Futex.IsSupported || bytes == 0)
            return;
        try
        {
            _stream = Create(ArenaPlace.NameOf(Id), bytes);
            _memory = new SharedFloats(_stream, bytes, MemoryMappedFileAccess.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _stream?.Dispose();
            _stream = null;
        }
    }

    /// <summary>Zeroed memory in the arena, which stays there as long as it; null when there is no room.</summary>
    public Memory<float>? TryAllocate(int floats)
    {
        if (_memory is null || _used + Aligned(floats) > _memory.Bytes)
            return null;
        var memory = _memory.Memory.Slice((int)(_used / sizeof(float)), floats);
        _used += Aligned(floats);
        return memory;
    }

    /// <summary>Where these floats lie in the arena, in floats; -1: elsewhere.</summary>
    internal long OffsetOf(Memory<float> floats)
    {
        if (_memory is null)
            return -1;
        // Memory elsewhere may move meanwhile, but not into the arena.
        var offset = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(floats.Span)) - _memory.At;
        return offset >= 0 && offset + floats.Length <= _memory.Bytes / sizeof(float) ? offset : -1;
    }

    public void Dispose()
    {
        _memory?.Unmap();
        _stream?.Dispose();
        (_memory, _stream) = (null, null);
    }

    private static long Aligned(int floats) => ((long)floats * sizeof(float) + Alignment - 1) / Alignment * Alignment;

    private static FileStream Create(string name, long bytes)
    {
        var handle = MemoryFile(name, CloseOnExec);
        if (handle < 0)
            throw new IOException("no memory file can be made");
        var stream = new FileStream(new SafeFileHandle(handle, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);
        stream.SetLength(bytes);
        return stream;
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemoryFile(string name, uint flags);
}
