using System.Globalization;
using DyT.Cli.Summaries;
using DyT.Config;
using DyT.Runs;
using DyT.Runs.Tracing;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary>Joins the traces of a run's workers to one file, and says what is in it.</summary>
internal static class TraceAction
{
    /// <summary><c>dyt trace RUN</c>, for workers that were started with <c>--trace</c> by hand or on other machines.</summary>
    public static int Run(string reference, IAnsiConsole console)
    {
        var run = RunFolders.Open(reference);
        if (!Join(run, console))
            throw new UserErrorException($"{run.Path}: no worker has recorded a trace; train with --profile, or start workers with --trace.");
        return 0;
    }

    /// <returns>False when there is none. A file that cannot be written costs the trace only, and says so.</returns>
    public static bool Join(RunFolder run, IAnsiConsole console)
    {
        var write = console.Profile.Out.Writer;
        try
        {
            if (TraceMerger.Merge(run) is not { } trace)
                return false;
            console.Write(TraceTable.Of(trace));
            foreach (var worker in trace.Workers.Where(w => w.IsCut))
                write.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The trace of {worker.Name} holds its first {TraceRecorder.MostSpans:N0} spans ({worker.Steps} steps); later ones were left out."));
            if (trace.Hosts > 1)
                write.WriteLine($"The workers ran on {trace.Hosts} hosts: their rows are set against each other by the hosts' wall clocks, and are as far off as these are.");
            write.WriteLine($"trace: {trace.Path} (open it in https://ui.perfetto.dev or chrome://tracing)");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            write.WriteLine($"{run.TraceFile}: the trace could not be written ({e.Message.TrimEnd('.')}).");
            return true;
        }
    }

    /// <summary>Parts of an earlier command would stand hours before this one's.</summary>
    public static void Forget(RunFolder run)
    {
        try
        {
            if (Directory.Exists(run.TraceParts))
                Directory.Delete(run.TraceParts, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{run.TraceParts}: cannot be removed ({e.Message.TrimEnd('.')}); remove it, or train without --profile.", inner: e);
        }
    }
}
