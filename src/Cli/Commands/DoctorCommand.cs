using System.CommandLine;
using DyT.Cli.Doctor;
using Spectre.Console;

namespace DyT.Cli.Commands;

/// <summary><c>dyt doctor</c>.</summary>
public static class DoctorCommand
{
    public static Command Create(IReadOnlyList<ICheck> checks, IAnsiConsole console)
    {
        var command = new Command("doctor", "What this machine has for training, what is missing, and what to do.");
        command.SetAction(_ =>
        {
            var failed = 0;
            foreach (var check in checks)
            {
                var finding = check.Run();
                console.Write(FindingLine.Of(check.Name, finding));
                if (finding.Status == CheckStatus.Fail)
                    failed++;
            }

            console.WriteLine(failed == 0 ? "This machine can train." : $"{failed} essential {(failed == 1 ? "thing is" : "things are")} missing.");
            return failed == 0 ? 0 : Config.UserErrorException.Failure;
        });
        return command;
    }
}
