using System.Runtime.InteropServices;

namespace DyT.Cli.Doctor;

/// <summary>.NET's runtime, which this program runs on, and the SDK, which the launcher builds with.</summary>
public sealed class RuntimeCheck : ICheck
{
    public string Name => ".NET";

    public Finding Run()
    {
        var runtime = $"runtime {Environment.Version} ({RuntimeInformation.RuntimeIdentifier})";
        return ToolVersion.Of("dotnet", "--version") is { } sdk
            ? Finding.Ok($"SDK {sdk}, {runtime}")
            : Finding.Fail($"no SDK, {runtime}", "put 'dotnet' (SDK 10 or newer) on PATH: the processes of a run are started by it.");
    }
}
