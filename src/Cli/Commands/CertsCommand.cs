using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Folder">Where the files go.</param>
/// <param name="Hosts">Names and addresses at which the processes are dialled.</param>
public sealed record CertsInitOptions(string Folder, IReadOnlyList<string> Hosts, int Days);

/// <summary><c>dyt certs init DIR | show FILE</c>.</summary>
public static class CertsCommand
{
    private const int MostDays = 3650;

    public static Command Create(Func<CertsInitOptions, int> init, Func<string, int> show) =>
        new("certs", "Certificates for TLS between the processes of a run.") { Init(init), Show(show) };

    private static Command Init(Func<CertsInitOptions, int> run)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder for the files; made when it is missing." };
        var hosts = new Option<string[]>("--hosts")
        {
            Description = "Host names and addresses at which the coordinator and the workers are reached.",
            HelpName = "HOST",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["localhost", "127.0.0.1"],
        };
        var days = new Option<int>("--days") { Description = "How long the certificates are valid.", DefaultValueFactory = _ => 30 };
        hosts.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string[]>()?.FirstOrDefault(h => !IsHost(h)) is { } wrong)
                result.AddError($"--hosts: '{wrong}' is not a host name or an address.");
        });
        days.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, out var value) && value is >= 1 and <= MostDays))
                result.AddError($"--days must be a whole number from 1 to {MostDays}.");
        });
        var command = new Command("init", "Make a development authority, and certificates for the coordinator and the workers.") { folder, hosts, days };
        command.SetAction(parse => run(new CertsInitOptions(parse.GetRequiredValue(folder), parse.GetValue(hosts) ?? [], parse.GetValue(days))));
        return command;
    }

    private static Command Show(Func<string, int> run)
    {
        var file = new Argument<string>("FILE") { Description = "Certificate in PEM form." };
        var command = new Command("show", "Whose a certificate is, who issued it, and how long it is valid.") { file };
        command.SetAction(parse => run(parse.GetRequiredValue(file)));
        return command;
    }

    // A wildcard stands for one label, as in *.workers.training.svc.
    private static bool IsHost(string host) => Uri.CheckHostName(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host) != UriHostNameType.Unknown;
}
