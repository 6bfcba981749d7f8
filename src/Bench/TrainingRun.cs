using System.Diagnostics;
using System.Text.Json;
using DyT.Config;
using DyT.Runs;

namespace DyT.Bench;

/// <summary>A 'dyt train' as a child, as a user starts it, with a folder of its own that goes away with it.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    /// <param name="config">Its configuration's file.</param>
    /// <param name="arguments">Further ones.</param>
    public TrainingRun(string config, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", Programs.Find("Cli", "dyt.dll"), "train", config, "--set", $"output={_scratch.Path}", .. arguments])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        Began = DateTimeOffset.UtcNow;
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>When the process was started.</summary>
    public DateTimeOffset Began { get; }

    /// <summary>The arguments that give a run these settings.</summary>
    public static IEnumerable<string> Settings(params IEnumerable<string> settings) => settings.SelectMany(setting => (string[])["--set", setting]);

    /// <summary>Waits for the end and gives the run's folder.</summary>
    /// <exception cref="UserErrorException">The run failed; with what it said.</exception>
    public RunFolder Finish()
    {
        _process.WaitForExit();
        return _process.ExitCode == 0
            ? new RunFolder(Directory.GetDirectories(_scratch.Path).Single())
            : throw new UserErrorException($"'dyt train' failed:\n{_output.Result}{_errors.Result}");
    }

    public static IReadOnlyList<StepMetrics> Steps(RunFolder run) =>
        [.. File.ReadLines(run.MetricsFile).Select(line => JsonSerializer.Deserialize<StepMetrics>(line, RunJson.Options)!)];

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _scratch.Dispose();
    }
}
