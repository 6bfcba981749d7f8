using System.Diagnostics;
using System.Globalization;
using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>
/// A disk that can be filled without harm: a file system of its own in memory, mounted over a folder. Whoever writes there while it is full gets the real error of a full
/// disk. What it holds is gone with it, so copy what is to stay. Needs root.
/// </summary>
public sealed class SmallDisk : IDisposable
{
    private const int PieceBytes = 1 << 20;
    private const string Ballast = ".ballast";

    // What the mount is listed as; ends with the owner's process id.
    private const string Source = "dyt-small-disk-";

    private readonly Lock _gate = new();
    private bool _mounted = true;

    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    /// <param name="folder">Made if need be; must be empty, for what is in it would be hidden.</param>
    /// <exception cref="UserErrorException">It cannot be had here; one sentence says why.</exception>
    public static SmallDisk Mount(string folder, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 4096);
        folder = Path.GetFullPath(folder);
        if (WhyNot() is { } lacking)
            throw new UserErrorException(lacking);
        Sweep();
        Directory.CreateDirectory(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UserErrorException($"{folder} is not empty; a disk over it would hide what is there.");
        if (Tool("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={bytes},mode=700"), string.Create(CultureInfo.InvariantCulture, $"{Source}{Environment.ProcessId}"), folder) is { } reason)
            throw new UserErrorException($"{folder}: no disk that can be filled is to be had ({reason}); leave disk_full out of chaos.kinds.");
        return new SmallDisk(folder);
    }

    /// <summary>Why there can be no such disk here, in one sentence; null when nothing speaks against it.</summary>
    public static string? WhyNot() => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
        ? null
        : "A disk that can be filled needs Linux and root; run 'dyt chaos' as root, or leave disk_full out of chaos.kinds.";

    /// <summary>Unmounts the disks of processes that are no more: they hold memory.</summary>
    /// <returns>How many there were.</returns>
    public static int Sweep()
    {
        var swept = 0;
        foreach (var line in File.ReadAllLines("/proc/mounts"))
        {
            if (line.Split(' ') is [var source, var folder, ..]
                && source.StartsWith(Source, StringComparison.Ordinal)
                && int.TryParse(source.AsSpan(Source.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var owner)
                && !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{owner}"))
                // A blank in a path is listed as \040.
                && Tool("umount", "-l", folder.Replace("\\040", " ", StringComparison.Ordinal)) is null)
            {
                swept++;
            }
        }

        return swept;
    }

    /// <summary>Takes all space that is left now; what others delete meanwhile is theirs again.</summary>
    public void Fill()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(!_mounted, this);
            using var file = new FileStream(Path.Combine(Folder, Ballast), FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            // Pieces that get smaller, so that not even a page is left.
            for (var piece = PieceBytes; piece > 0; piece /= 2)
            {
                while (TryWrite(file, piece))
                    continue;
            }
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(!_mounted, this);
            File.Delete(Path.Combine(Folder, Ballast));
        }
    }

    /// <summary>Unmounts it; programs that still have files open there keep these until they close them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_mounted)
                return;
            _mounted = false;
            // Lazily: a file that somebody has open must not keep the folder.
            Tool("umount", "-l", Folder);
        }
    }

    private static bool TryWrite(FileStream file, int count)
    {
        try
        {
            file.Write(new byte[count]);
            return true;
        }
        catch (IOException)
        {
            // Full, which is the aim.
            return false;
        }
    }

    /// <summary>Null when it succeeded, else why not.</summary>
    private static string? Tool(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error.Trim().Split('\n')[0].TrimEnd('.');
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{program}: {e.Message}";
        }
    }
}
