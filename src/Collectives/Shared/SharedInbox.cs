using System.IO.MemoryMappedFiles;

namespace DyT.Collectives.Shared;

/// <summary>How the inboxes of one host's ranks are laid out: a doorbell, then a ring for each other local rank, in rank order.</summary>
/// <param name="LocalRanks">The ranks of this host, in order.</param>
/// <param name="SlotsFrom">By rank: slots of the ring that it writes.</param>
/// <param name="DataBytes">Of one slot.</param>
internal sealed record InboxLayout(IReadOnlyList<int> LocalRanks, IReadOnlyList<int> SlotsFrom, int DataBytes)
{
    private const int Page = 4096;

    public long Bytes(int owner) => RingAt(owner, int.MaxValue);

    /// <summary>Where the ring that <paramref name="sender"/> writes begins in the owner's inbox.</summary>
    public long RingAt(int owner, int sender) =>
        Page + LocalRanks.Where(r => r != owner && r < sender).Sum(r => (SharedRing.Bytes(SlotsFrom[r], DataBytes) + Page - 1) / Page * Page);
}

/// <summary>
/// Memory into which the peers of one host write what is for its owner: a file in memory, readable and writable by its owner's user alone, whose name goes away
/// as soon as all peers have mapped it.
/// </summary>
internal sealed unsafe class SharedInbox : IDisposable
{
    private const string Folder = "/dev/shm";

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly InboxLayout _layout;
    private readonly int _owner;
    private readonly byte* _at;

    private SharedInbox(FileStream stream, InboxLayout layout, int owner)
    {
        _layout = layout;
        _owner = owner;
        _file = MemoryMappedFile.CreateFromFile(stream, null, layout.Bytes(owner), MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, layout.Bytes(owner));
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _at);
    }

    /// <summary>The owner's own, new and zeroed. Its pages are reserved now: a full file system is an error here and no crash later.</summary>
    /// <exception cref="IOException">There is no room, or no such file system.</exception>
    public static SharedInbox Create(string name, InboxLayout layout, int owner)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException(); // Futex.IsSupported was not asked
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            PreallocationSize = layout.Bytes(owner),
            BufferSize = 0,
        };
        var path = Path.Combine(Folder, name);
        var stream = new FileStream(path, options);
        try
        {
            return new SharedInbox(stream, layout, owner);
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>A peer's.</summary>
    /// <exception cref="IOException">It is not there, or not of the expected size.</exception>
    public static SharedInbox Open(string name, InboxLayout layout, int owner)
    {
        var stream = new FileStream(Path.Combine(Folder, name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        if (stream.Length == layout.Bytes(owner))
            return new SharedInbox(stream, layout, owner);
        stream.Dispose();
        throw new IOException("the shared memory has another size");
    }

    /// <summary>Takes away what a worker left that was killed between making its memory and taking the name away. Whoever has mapped it keeps it.</summary>
    /// <param name="isStale">Told a file's name.</param>
    public static void Sweep(string prefix, Predicate<string> isStale)
    {
        foreach (var path in Directory.EnumerateFiles(Folder, prefix + "*").Where(path => isStale(Path.GetFileName(path))))
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's, or gone already.
            }
        }
    }

    public static void Unlink(string name) => File.Delete(Path.Combine(Folder, name));

    /// <param name="spins">Whether the owner looks again for a while before it sleeps.</param>
    public Doorbell Bell(bool spins) => new((int*)_at, spins);

    public SharedRing RingFrom(int sender) => new(_at + _layout.RingAt(_owner, sender), _layout.SlotsFrom[sender], _layout.DataBytes);

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
