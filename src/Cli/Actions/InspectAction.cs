using DyT.Cli.Commands;
using DyT.Cli.Summaries;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Model;
using DyT.Training.Data;
using DyT.Training.Insight;
using DyT.Training.Runs;
using Spectre.Console;
using TorchSharp;

namespace DyT.Cli.Actions;

/// <summary><c>dyt inspect</c>: the sites of a run's network, in numbers and pictures.</summary>
internal static class InspectAction
{
    private const int Points = 3000;

    public static int Run(InspectOptions options, IAnsiConsole console, Action<string> log)
    {
        using var run = TrainedRun.Open(options.Run, log, options.Best);
        using var data = SessionData.Open(run.Config, log);
        run.CheckData(data, "inspect the run");
        var count = Math.Min(options.Batches, data.EvaluationBatches(0));
        var sites = SiteStatistics.Measure(run.Network, run.Parameters, Enumerable.Range(0, count).Select(k => (Func<MicroBatch>)(() => data.Evaluation(k))));
        console.Write(Table(sites));
        if (Advisor.Advice(run.Checkpoint.State.Step, sites, data.TokensPerParameter(run.Config.Model, run.Layout)) is { } advice)
            log(advice);

        var folder = options.Out ?? run.Folder.Path;
        try
        {
            Directory.CreateDirectory(folder);
            using (torch.NewDisposeScope())
                Picture(Path.Combine(folder, "sites.png"), path => SitePlot.Write(SiteSamples.Take(run.Network, run.Parameters, data.Evaluation(0), Points), path), log);
            if (File.Exists(run.Folder.MetricsFile))
                Picture(Path.Combine(folder, "scalars.png"), path => ScalarsPlot.Write(MetricsLog.Read(run.Folder.MetricsFile), run.Folder.Id, path), log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{folder}: the pictures cannot be written ({e.Message.TrimEnd('.')}); name another folder with --out.", inner: e);
        }

        return 0;
    }

    private static void Picture(string path, Func<string, bool> write, Action<string> log)
    {
        if (write(path))
            log(path);
    }

    private static Table Table(IReadOnlyList<SiteStatistics> sites)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in (string[])["site", "alpha", "1 / rms of x", "|alpha x| > 2", "gamma, mean", "gamma, std"])
            table.AddColumn(new TableColumn(column) { Alignment = column == "site" ? Justify.Left : Justify.Right });
        foreach (var site in sites)
            table.AddRow(Markup.Escape(site.Name), Format.Number(site.Alpha), Format.Number(1 / site.InputRms), Format.Percent(site.Saturation), Format.Number(site.GammaMean), Format.Number(site.GammaSpread));
        return table;
    }
}
