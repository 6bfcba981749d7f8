using System.CommandLine;
using DyT.Cli.Commands;
using DyT.Cli.Doctor;
using Spectre.Console;

namespace DyT.Cli;

/// <summary>All commands of <c>dyt</c>: their words (Commands) tied to what they do.</summary>
public static class CommandTree
{
    public static RootCommand Create(IAnsiConsole console) => new("dyt: trains normalization-free transformers on a cluster of worker processes.")
    {
        DoctorCommand.Create(Checks.All(Environment.CurrentDirectory), console),
        VersionCommand.Create(console.Profile.Out.Writer),
    };
}
