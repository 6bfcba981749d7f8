using System.ComponentModel;
using System.Diagnostics;
using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>Runs <c>ip</c> of iproute2.</summary>
internal static class IpTool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What it printed.</summary>
    /// <exception cref="UserErrorException">It is not there or says no.</exception>
    public static string Run(string command)
    {
        var (exitCode, output, error) = Execute(command);
        if (exitCode == 0)
            return output;
        var hint = Environment.IsPrivilegedProcess ? "this machine or container does not allow it" : "run as root";
        throw new UserErrorException($"Network namespaces are not to be had: 'ip {command}' says {FirstLine(error)}; {hint}, or leave partition out of chaos.kinds.");
    }

    /// <summary>True when it succeeded.</summary>
    public static bool Try(string command) => Execute(command).ExitCode == 0;

    private static (int ExitCode, string Output, string Error) Execute(string command)
    {
        // No argument here ever holds a blank: names, addresses and words of ip's grammar.
        var start = new ProcessStartInfo("ip", command.Split(' ')) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                throw new UserErrorException($"'ip {command}' did not end within {Patience.TotalSeconds:0} s; leave partition out of chaos.kinds.");
            }

            return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        }
        catch (Win32Exception e)
        {
            throw new UserErrorException($"Network namespaces need the program 'ip' ({e.Message}); install iproute2, or leave partition out of chaos.kinds.", inner: e);
        }
    }

    private static string FirstLine(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.Length > 0 ? $"\"{lines[0].TrimEnd('.')}\"" : "nothing about why";
    }
}
