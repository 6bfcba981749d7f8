using System.Globalization;
using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt status</c> and <c>dyt drain</c>.</summary>
internal static class ClusterActions
{
    public static int Status(string run, bool json, IAnsiConsole console)
    {
        using var api = RunApi.Open(RunFolders.Open(run));
        var status = api.Status();
        if (json)
        {
            console.Profile.Out.Writer.WriteLine(System.Text.Json.JsonSerializer.Serialize(status, RunJson.Options));
            return 0;
        }

        console.Profile.Out.Writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{status.Run}: {status.State}, step {status.Step} of {status.Steps}, generation {status.Generation} ({status.Reason}){(status.Goodput is { } g ? $", goodput {g:P0}" : "")}"));
        var table = new Table().Border(TableBorder.Rounded).AddColumns("worker", "at", "role", "micro-shards", "step", "heard", "s/micro-shard", "memory", "of it optimizer", "refused", "does");
        foreach (var w in status.Workers)
        {
            table.AddRow(
                Markup.Escape(w.Name), Markup.Escape(w.Endpoint), w.Role, Number(w.MicroShards), w.CommittedStep is { } step ? Number(step) : "-",
                string.Create(CultureInfo.InvariantCulture, $"{w.HeardSeconds:0.0} s ago"),
                w.SecondsPerShard is { } s ? s.ToString("0.000", CultureInfo.InvariantCulture) : "-", Bytes(w.ResidentBytes), Bytes(w.OptimizerBytes), Number(w.RefusedConnections),
                Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{w.Activity}, for {w.ActivitySeconds:0.0} s")));
        }

        console.Write(table);
        return 0;
    }

    public static int Drain(string run, string worker, TextWriter output)
    {
        using var api = RunApi.Open(RunFolders.Open(run));
        output.WriteLine(api.Drain(worker));
        return 0;
    }

    private static string Bytes(long? value) => value is { } bytes ? Views.Format.Bytes(bytes) : "-";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
