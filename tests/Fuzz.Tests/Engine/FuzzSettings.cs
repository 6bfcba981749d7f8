using System.Globalization;

namespace DyT.Fuzz.Tests.Engine;

/// <summary>What the environment sets: DYT_FUZZ_SECONDS per target, DYT_FUZZ_SEED, and DYT_FUZZ_JOURNAL, a file that holds the input being read.</summary>
internal static class FuzzSettings
{
    /// <summary>Far above any reader's bound: a machine that stands still for so long has other problems.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static bool IsLong => Environment.GetEnvironmentVariable("DYT_FUZZ_SECONDS") is { Length: > 0 };

    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(Number("DYT_FUZZ_SECONDS", 1.5));

    public static int Seed { get; } = (int)Number("DYT_FUZZ_SEED", 20_251);

    public static string? Journal { get; } = Environment.GetEnvironmentVariable("DYT_FUZZ_JOURNAL");

    private static double Number(string name, double otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
