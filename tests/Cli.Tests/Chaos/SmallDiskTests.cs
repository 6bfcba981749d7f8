using DyT.Cli.Chaos;
using DyT.Config;

namespace DyT.Cli.Tests.Chaos;

public sealed class SmallDiskTests
{
    private static SmallDisk Mount(Scratch scratch)
    {
        try
        {
            return SmallDisk.Mount(scratch.File("disk"), 8 << 20);
        }
        catch (UserErrorException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    [Fact]
    public void Writes_fail_while_it_is_full_and_succeed_before_and_after()
    {
        using var scratch = new Scratch();
        using var disk = Mount(scratch);
        var early = Path.Combine(disk.Folder, "early");
        File.WriteAllBytes(early, new byte[1 << 20]);
        disk.Fill();
        using (var file = new FileStream(early, FileMode.Append))
            Assert.Throws<IOException>(() => { file.Write(new byte[100_000]); file.Flush(); });
        Assert.Throws<IOException>(() => File.WriteAllBytes(Path.Combine(disk.Folder, "late"), new byte[1]));
        disk.Fill();
        disk.Free();
        File.WriteAllBytes(Path.Combine(disk.Folder, "late"), new byte[6 << 20]);
        disk.Free();
    }

    [Fact]
    public void It_vanishes_even_with_an_open_file_and_hides_nothing()
    {
        using var scratch = new Scratch();
        var disk = Mount(scratch);
        using var open = File.Create(Path.Combine(disk.Folder, "open"));
        Assert.Throws<UserErrorException>(() => SmallDisk.Mount(disk.Folder, 1 << 20));
        disk.Dispose();
        disk.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Folder));
        open.WriteByte(1);
    }

    [Fact]
    public void What_a_killed_run_left_behind_is_swept_and_nothing_else()
    {
        using var scratch = new Scratch();
        using var disk = Mount(scratch);
        var left = Directory.CreateDirectory(scratch.File("left behind")).FullName;
        // Beyond the largest process id there is.
        Repository.Run("mount", ["-t", "tmpfs", "-o", "size=4096", "dyt-small-disk-9999999", left]);
        Assert.Contains("9999999", File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        Assert.Equal(1, SmallDisk.Sweep());
        Assert.DoesNotContain("9999999", File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        disk.Fill();
    }
}
