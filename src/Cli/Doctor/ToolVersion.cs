using System.ComponentModel;
using System.Diagnostics;

namespace DyT.Cli.Doctor;

/// <summary>Asks a program on PATH for its version.</summary>
internal static class ToolVersion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The first line it prints; null when it is not there, fails, or does not answer.</summary>
    public static string? Of(string program, string argument)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, [argument])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (process is null)
                return null;
            var output = process.StandardOutput.ReadLineAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            return process.ExitCode == 0 ? output.GetAwaiter().GetResult()?.Trim() : null;
        }
        catch (Win32Exception)
        {
            // Not on PATH: the answer to the question.
            return null;
        }
    }
}
