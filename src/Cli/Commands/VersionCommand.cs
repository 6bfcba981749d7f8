using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace DyT.Cli.Commands;

/// <summary><c>dyt version</c>.</summary>
public static class VersionCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("version", "Versions of this program, of .NET and of the system.");
        command.SetAction(_ =>
        {
            var version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            output.WriteLine($"dyt {version}, .NET {Environment.Version}, {RuntimeInformation.RuntimeIdentifier}");
            return 0;
        });
        return command;
    }
}
