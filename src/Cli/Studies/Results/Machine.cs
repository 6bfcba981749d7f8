using System.Globalization;
using System.Runtime.InteropServices;
using DyT.Cli.Views;

namespace DyT.Cli.Studies.Results;

/// <summary>What computed: processor, cores, memory, system; no names of hosts.</summary>
internal static class Machine
{
    private const string CpuInfo = "/proc/cpuinfo";

    public static string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor()}, {Environment.ProcessorCount} cores, {Format.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)} memory, {RuntimeInformation.OSDescription.Split('#')[0].Trim()}, .NET {Environment.Version}");

    private static string Processor()
    {
        try
        {
            if (File.Exists(CpuInfo) && File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line)
                return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RuntimeInformation.ProcessArchitecture.ToString(); // a sandbox without /proc
        }

        return RuntimeInformation.ProcessArchitecture.ToString();
    }
}
