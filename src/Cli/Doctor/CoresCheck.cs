namespace DyT.Cli.Doctor;

/// <summary>Cores that this process may use, after affinity and container limits.</summary>
public sealed class CoresCheck : ICheck
{
    private const string CpuInfo = "/proc/cpuinfo";

    public string Name => "cores";

    public Finding Run()
    {
        var usable = Environment.ProcessorCount;
        var cpu = File.Exists(CpuInfo) ? CpuDescription.Parse(File.ReadLines(CpuInfo)) : null;
        var what = cpu is null ? $"{usable} usable" : $"{usable} usable of {cpu.Logical}, {cpu.Model}{(cpu.Vector is { } vector ? $", {vector}" : "")}";
        if (cpu is { Vector: null })
            return Finding.Warn(what, "without AVX2 the mathematics is several times slower.");
        return cpu is not null && usable < cpu.Logical
            ? Finding.Warn(what, "an affinity mask or a container's CPU limit holds the others back; keep cluster.workers x cluster.threads_per_worker within the usable ones.")
            : Finding.Ok(what);
    }
}

/// <summary>What /proc/cpuinfo says.</summary>
/// <param name="Vector">The widest vector instructions; null below AVX2.</param>
public sealed record CpuDescription(int Logical, string Model, string? Vector)
{
    /// <summary>Null when the lines describe no x64 processor.</summary>
    public static CpuDescription? Parse(IEnumerable<string> lines)
    {
        var logical = 0;
        string? model = null;
        string[] flags = [];
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                continue;
            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].Trim())
            {
                case "processor":
                    logical++;
                    break;
                case "model name":
                    model = value;
                    break;
                case "flags":
                    flags = value.Split(' ');
                    break;
            }
        }

        var vector = flags.Contains("avx512f") ? "AVX-512" : flags.Contains("avx2") ? "AVX2" : null;
        return logical > 0 && model is not null ? new CpuDescription(logical, model, vector) : null;
    }
}
