using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Processes;
using DyT.Config;
using DyT.Data;
using DyT.Data.Pairs;
using DyT.Training.Data;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt data list | get | prepare</c>.</summary>
internal static class DataActions
{
    public static int List(string cache, IAnsiConsole console)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("name", "here", "what", "from", "licence");
        foreach (var corpus in Corpora.All)
        {
            var here = Corpora.IsPresent(corpus.Name, cache) ? "yes" : "no";
            table.AddRow([.. new[] { corpus.Name, here, corpus.Description, corpus.Origin, corpus.Licence }.Select(Markup.Escape)]);
        }

        console.Write(table);
        return 0;
    }

    public static int Get(DataGetOptions options, TextWriter output, Action<string> log)
    {
        var folder = Interruptible(cancellation => Corpora.Get(options.Name, options.Cache, log, cancellation));
        output.WriteLine(options.Name == Corpora.DotnetDocs ? $"{options.Name} is read from the installed SDK; there is nothing to fetch." : folder);
        return 0;
    }

    public static int Prepare(DataPrepareOptions options, TextWriter output, Action<string> log)
    {
        var config = ConfigLoader.LoadFile(options.Config, options.Overrides);
        if (config.Model.Arch == ArchKind.Vit)
        {
            using var images = SessionData.Open(config, log);
            output.WriteLine($"{images.Place}: {images.Shape}");
            return 0;
        }

        if (config.Model.Arch == ArchKind.Seq2seq)
        {
            var pairs = Interruptible(cancellation => PairPreparer.Prepare(config.Data, config.Seed, PairData.Longest(config), log, cancellation));
            output.WriteLine($"{pairs.Folder}: {PairPreparer.Describe(pairs)}");
            return 0;
        }

        var data = Interruptible(cancellation => DataPreparer.Prepare(config.Data, config.Seed, config.Model.Block, log, cancellation));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{data.Folder}: {data.TrainTokens} training and {data.ValTokens} validation tokens, vocabulary of {data.Tokenizer.VocabSize}, {data.ValBytesPerToken:0.00} bytes per token"));
        return 0;
    }

    // Ctrl-C lets the work tidy up; pressed again it ends the process.
    private static T Interruptible<T>(Func<CancellationToken, T> work)
    {
        using var source = new CancellationTokenSource();
        using var signals = new StopSignals(source.Cancel, () => Environment.Exit(ErrorBoundary.Interrupted));
        return work(source.Token);
    }
}
