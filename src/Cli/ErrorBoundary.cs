using System.Globalization;
using DyT.Config;

namespace DyT.Cli;

/// <summary>The one place where failures become what a person reads, and an exit code. No stack trace reaches the terminal.</summary>
public static class ErrorBoundary
{
    /// <summary>Ended by Ctrl-C: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <param name="trace">Where the trace of an unexpected failure is written; null: the system's folder for temporary files.</param>
    public static int Run(Func<int> body, TextWriter error, string? trace = null)
    {
        try
        {
            return body();
        }
        catch (UserErrorException e)
        {
            error.WriteLine(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("Stopped.");
            return Interrupted;
        }
        catch (Exception e)
        {
            error.WriteLine($"Unexpected failure: {e.GetType().Name}: {OneLine(e.Message)} ({WriteTrace(e, trace ?? Path.GetTempPath())})");
            return UserErrorException.Failure;
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();

    private static string WriteTrace(Exception failure, string folder)
    {
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"dyt-failure-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}.txt"));
        try
        {
            File.WriteAllText(file, $"{Environment.CommandLine}\n{Environment.Version} on {Environment.OSVersion}\n\n{failure}\n");
            return $"details: {file}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"details could not be written to {file}: {OneLine(e.Message)}";
        }
    }
}
