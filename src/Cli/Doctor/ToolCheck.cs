namespace DyT.Cli.Doctor;

/// <summary>A program that some commands use; training goes without.</summary>
public sealed class ToolCheck(string program, string advice) : ICheck
{
    public string Name => program;

    public Finding Run() => ToolVersion.Of(program, "--version") is { } version ? Finding.Ok(version) : Finding.Warn("not on PATH", advice);
}
