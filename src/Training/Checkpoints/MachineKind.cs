using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DyT.Training.Checkpoints;

/// <summary>What decides how a processor's math library rounds: its architecture and vector width.</summary>
public static class MachineKind
{
    public static string Name { get; } = $"{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}-{VectorBits}-{ProcessorName()}";

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    private static string ProcessorName()
    {
        const string key = "model name";
        if (!File.Exists("/proc/cpuinfo"))
            return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
        var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is null ? "unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
