using DyT.Cli.Views;

namespace DyT.Cli.Doctor;

/// <summary>Room for runs and data below the current folder.</summary>
public sealed class DiskCheck(string folder) : ICheck
{
    private const long Least = 200L << 20;
    private const long Comfortable = 2L << 30;

    public string Name => "disk";

    public Finding Run()
    {
        try
        {
            return Judge(new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Finding.Warn($"{folder}: unknown ({e.Message})", "look with 'df'.");
        }
    }

    public static Finding Judge(long free, string folder)
    {
        var what = $"{Format.Bytes(free)} free in {folder}";
        return free switch
        {
            < Least => Finding.Fail(what, "free some: checkpoints and token shards are written here."),
            < Comfortable => Finding.Warn(what, "small for checkpoints; keep checkpoint.keep_last low or set output to another disk."),
            _ => Finding.Ok(what),
        };
    }
}
