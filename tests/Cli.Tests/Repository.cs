using System.Diagnostics;

namespace DyT.Cli.Tests;

/// <summary>Runs programs as people do, from the repository's files.</summary>
internal static class Repository
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static string Root { get; } = FindRoot();

    public static string Launcher => Path.Combine(Root, "dyt");

    public static (int ExitCode, string Output, string Error) Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
            start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Deadline))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {Deadline}");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "DyT.Distributed.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("the tests run outside of a checkout");
        return folder.FullName;
    }
}
