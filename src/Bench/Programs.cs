using DyT.Config;

namespace DyT.Bench;

/// <summary>Where the other programs of this build stand: beside this one when published, else in the build's output tree.</summary>
internal static class Programs
{
    /// <param name="project">Its folder in the output tree: <c>bin/Project/release</c>.</param>
    /// <param name="file">The program's dll.</param>
    public static string Find(string project, string file)
    {
        var here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string[] candidates = [Path.Combine(here, file), Path.Combine(here, "..", "..", project, Path.GetFileName(here), file)];
        return candidates.FirstOrDefault(File.Exists) is { } found
            ? Path.GetFullPath(found)
            : throw new UserErrorException($"{file} is not beside {here}: build the whole solution ('dotnet build -c Release')");
    }
}
