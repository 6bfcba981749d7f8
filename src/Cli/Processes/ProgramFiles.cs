using DyT.Config;

namespace DyT.Cli.Processes;

/// <summary>Finds the programs that belong together: in one published folder, or in the build's output tree.</summary>
public static class ProgramFiles
{
    public const string Coordinator = "dyt-coordinator.dll";
    public const string Worker = "dyt-worker.dll";
    public const string Bench = "dyt-bench.dll";

    // bin/Cli/release -> bin: two levels up; one more for a runtime-specific folder.
    private const int Levels = 4;

    /// <summary>Path of a program's dll, seen from the folder of the running one.</summary>
    /// <param name="project">The project's name, which is its folder's in the build output (<c>bin/Project/release/</c>).</param>
    /// <exception cref="UserErrorException">It is nowhere; the message says where it was looked for.</exception>
    public static string Find(string project, string file, string? from = null)
    {
        var start = Path.TrimEndingDirectorySeparator(from ?? AppContext.BaseDirectory);
        return Candidates(project, file, start).FirstOrDefault(File.Exists)
            ?? throw new UserErrorException($"{file} is not beside {start}: build the whole solution ('dotnet build -c Release') or publish the programs into one folder.");
    }

    /// <summary>Where the program may stand, nearest first.</summary>
    public static IEnumerable<string> Candidates(string project, string file, string start)
    {
        yield return Path.Combine(start, file);
        // "release", "release_linux-x64", ...: the same build of the other project.
        var configuration = Path.GetFileName(start);
        var folder = Path.GetDirectoryName(start);
        for (var level = 0; level < Levels && folder is not null; level++, folder = Path.GetDirectoryName(folder))
        {
            yield return Path.Combine(folder, project, configuration, file);
            yield return Path.Combine(folder, project, file);
        }
    }
}
