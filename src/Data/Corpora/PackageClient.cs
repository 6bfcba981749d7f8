using System.ComponentModel;
using System.Diagnostics;
using DyT.Config;

namespace DyT.Data;

/// <summary>Runs a client of a package registry, with nothing on its standard input, until it ends.</summary>
/// <param name="Program">The client.</param>
/// <param name="Purpose">What it is for, for messages: "fetches x".</param>
/// <param name="Install">How to install it.</param>
/// <param name="Advice">What to do when it fails, a clause for the message's end.</param>
internal sealed record PackageClient(string Program, string Purpose, string Install, string Advice)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Runs it in a folder.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="output">Reads its standard output, on a thread of its own; what it does not read is thrown away.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="ct">Ends it as well.</param>
    /// <exception cref="UserErrorException">It is not there, does not end, or fails.</exception>
    public void Run(string folder, Action<Stream>? output, IEnumerable<string> arguments, CancellationToken ct)
    {
        using var process = Start(folder, arguments);
        // Both pipes are drained while waiting: a full one would stop it.
        var outputs = Task.Run(() => Drain(process.StandardOutput.BaseStream, output), CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            process.WaitForExitAsync(patience.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            throw new UserErrorException($"{Program}, which {Purpose}, did not end within {Patience.TotalMinutes} minutes: {Advice}.");
        }

        var reason = errors.GetAwaiter().GetResult();
        if (process.ExitCode != 0) throw Failed(Reason(reason, process.ExitCode));
        outputs.GetAwaiter().GetResult();
    }

    /// <summary>The sentence for what it did not do.</summary>
    public UserErrorException Failed(string reason) => new($"{Program}, which {Purpose}, failed ({reason}): {Advice}.");

    private Process Start(string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo
        {
            FileName = Program,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new UserErrorException($"{Program}, which {Purpose}, is not on this machine: {Install}, or {Advice}.", inner: e);
        }
    }

    private static void Drain(Stream stream, Action<Stream>? output)
    {
        try
        {
            output?.Invoke(stream);
        }
        finally
        {
            stream.CopyTo(Stream.Null);
        }
    }

    private static string Reason(string errors, int exitCode)
    {
        var lines = errors.Split('\n')
            .Select(text => text.Replace("npm ERR!", "", StringComparison.Ordinal).Replace("npm error", "", StringComparison.Ordinal).Trim().TrimEnd('.'))
            .Where(text => text.Length > 0).ToArray();
        // apt tells warnings before the error.
        var line = lines.FirstOrDefault(text => text.StartsWith("E: ", StringComparison.Ordinal)) ?? lines.FirstOrDefault();
        return line is null ? $"exit code {exitCode}; is there a network?" : line.Length > 200 ? line[..200] : line;
    }
}
