using System.Diagnostics;
using System.Text;

namespace DyT.EndToEnd.Tests;

/// <summary>What a finished command printed and how it ended.</summary>
internal sealed record Finished(int ExitCode, string Output, string Error)
{
    public string All => Output + Error;
}

/// <summary>Runs the built <c>dyt</c> as people do: a process, its arguments, its streams.</summary>
internal sealed class Dyt : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private Dyt(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Append(_output, e.Data);
        process.ErrorDataReceived += (_, e) => Append(_error, e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static string RepositoryRoot { get; } = FindRoot();

    public static string Dll { get; } = Path.Combine(RepositoryRoot, "artifacts", "bin", "Cli", Configuration, "dyt.dll");

    public int Id => _process.Id;

    private static string Configuration => AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}debug", StringComparison.Ordinal) ? "debug" : "release";

    /// <summary>Starts a command in the repository's root.</summary>
    public static Dyt Start(params string[] arguments) => StartProgram(Dll, [], arguments);

    /// <summary>Starts a worker by hand, as on another machine.</summary>
    public static Dyt StartWorker(string secret, params string[] arguments) =>
        StartProgram(Path.Combine(RepositoryRoot, "artifacts", "bin", "Worker", Configuration, "dyt-worker.dll"), new() { ["DYT_SECRET"] = secret, ["OMP_NUM_THREADS"] = "1" }, arguments);

    /// <summary>Starts a command with a secret that others can be told.</summary>
    public static Dyt StartWithSecret(string secret, params string[] arguments) => StartProgram(Dll, new() { ["DYT_SECRET"] = secret }, arguments);

    private static Dyt StartProgram(string dll, Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = RepositoryRoot,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.ArgumentList.Add(dll);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new Dyt(new Process { StartInfo = start });
    }

    /// <summary>Runs a command to its end.</summary>
    public static Finished Run(params string[] arguments)
    {
        using var dyt = Start(arguments);
        return dyt.Wait();
    }

    public Finished Wait()
    {
        if (!_process.WaitForExit(Deadline))
        {
            _process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dyt did not end within {Deadline}:\n{_output}\n{_error}");
        }

        _process.WaitForExit(); // the streams too
        lock (_output)
            return new Finished(_process.ExitCode, _output.ToString(), _error.ToString());
    }

    /// <summary>Sends a signal by the system's own kill.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Append(StringBuilder builder, string? line)
    {
        if (line is null)
            return;
        lock (_output)
            builder.AppendLine(line);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DyT.Distributed.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("the tests run outside of a checkout");
    }
}
