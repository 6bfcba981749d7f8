using System.Text.RegularExpressions;

namespace DyT.EndToEnd.Tests;

/// <summary>What a run has written so far, or at its end.</summary>
internal static partial class RunFiles
{
    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hash();

    /// <summary>The folder of the run below <paramref name="folder"/>, once it has so many steps.</summary>
    public static string AwaitSteps(string folder, int steps)
    {
        string? file = null;
        Waiting.Until(() => (file = Directory.Exists(folder) ? Directory.GetFiles(folder, "metrics.jsonl", SearchOption.AllDirectories).FirstOrDefault() : null) is not null
            && Read(file).Count(c => c == '\n') >= steps, $"{steps} steps");
        return Path.GetDirectoryName(file!)!;
    }

    /// <summary>Of the weights of the run's newest checkpoint, as <c>dyt hash</c> tells it.</summary>
    public static string WeightsHash(string run)
    {
        var done = Dyt.Run("hash", run);
        Assert.True(done.ExitCode == 0, done.All);
        return Hash().Match(done.Output).Value;
    }

    /// <summary>A file that another process may be writing.</summary>
    public static string Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
