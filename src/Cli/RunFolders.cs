using System.Globalization;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli;

/// <summary>Makes and opens runs' folders.</summary>
public static class RunFolders
{
    private const int MaxNameLength = 100;

    /// <summary>Creates <c>output/name-time</c>; a second run within the same second gets a number behind it.</summary>
    /// <exception cref="UserErrorException">The name is no folder's name, or the folder cannot be created.</exception>
    public static RunFolder Create(string output, string name, DateTimeOffset now)
    {
        if (name.Length is 0 or > MaxNameLength || name.StartsWith('.') || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
        {
            throw new UserErrorException(
                $"name: '{name}' cannot name a run's folder; use at most {MaxNameLength} letters, digits, '-', '_' and '.', not starting with '.'.",
                UserErrorException.Usage);
        }

        var stem = Path.Combine(output, string.Create(CultureInfo.InvariantCulture, $"{name}-{now:yyyyMMdd-HHmmss}"));
        try
        {
            Directory.CreateDirectory(output);
            for (var number = 1; ; number++)
            {
                var path = number == 1 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
                if (Directory.Exists(path))
                    continue;
                Directory.CreateDirectory(path);
                return new RunFolder(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{stem}: the run's folder cannot be created ({e.Message.TrimEnd('.')}); choose another with --set output=FOLDER.", inner: e);
        }
    }

    /// <summary>An existing run.</summary>
    /// <exception cref="UserErrorException">There is no such folder, or it is not a run's.</exception>
    public static RunFolder Open(string path)
    {
        if (!Directory.Exists(path))
            throw new UserErrorException($"{path}: no such folder; name a run's folder, e.g. runs/quickstart-20260101-120000.", UserErrorException.Usage);
        var run = new RunFolder(path);
        return File.Exists(run.ConfigFile)
            ? run
            : throw new UserErrorException($"{path}: not a run's folder, it has no {Path.GetFileName(run.ConfigFile)}.", UserErrorException.Usage);
    }
}
