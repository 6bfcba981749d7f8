using System.Diagnostics;
using System.Globalization;

namespace DyT.EndToEnd.Tests;

internal static class Processes
{
    /// <summary>Kills (SIGKILL) the worker of that name in the run whose identity begins with <paramref name="run"/>.</summary>
    public static void Kill(string run, string worker)
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            var arguments = CommandLine(folder);
            if (Array.IndexOf(arguments, worker) < 0 || !Array.Exists(arguments, a => a.StartsWith(run, StringComparison.Ordinal)))
                continue;
            using var process = Process.GetProcessById(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
            process.Kill();
            return;
        }

        throw new InvalidOperationException($"worker {worker} of run {run} is not running");
    }

    private static string[] CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
        }
        catch (IOException)
        {
            return []; // it has ended in the meantime
        }
    }
}
