using System.Diagnostics;
using DyT.Cli.Processes;

namespace DyT.Cli.Actions;

/// <summary>Starts the program of the benchmarks on this terminal.</summary>
public static class BenchAction
{
    public static int Run(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(ProgramFiles.Find("Bench", ProgramFiles.Bench));
        foreach (var (name, value) in ClusterPlan.MemorySettings)
            start.Environment[name] = value;
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
