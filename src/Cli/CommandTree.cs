using System.CommandLine;
using DyT.Cli.Actions;
using DyT.Cli.Commands;
using DyT.Cli.Doctor;
using Spectre.Console;

namespace DyT.Cli;

/// <summary>All commands of <c>dyt</c>: their words (Commands) tied to what they do (Actions).</summary>
public static class CommandTree
{
    /// <param name="console">For results.</param>
    /// <param name="log">For what goes on meanwhile; kept apart, so that results can be piped on.</param>
    public static RootCommand Create(IAnsiConsole console, Action<string> log)
    {
        var output = console.Profile.Out.Writer;
        return new RootCommand("dyt: trains normalization-free transformers on a cluster of worker processes.")
        {
            TrainCommand.Create(options => TrainAction.Run(options, console)),
            EvalCommand.Create(options => EvalAction.Run(options, console, log)),
            GenerateCommand.Create(options => WeightsActions.Generate(options, output, log)),
            TranslateCommand.Create(options => TranslateAction.Run(options, output, log)),
            DataCommand.Create(
                cache => DataActions.List(cache, console),
                options => DataActions.Get(options, output, log),
                options => DataActions.Prepare(options, output, log)),
            ModelCommand.Create(options => ModelActions.Show(options, console, log), () => ModelActions.List(console)),
            ConfigCommand.Create(options => ConfigActions.Show(options, output), () => ConfigActions.Schema(output)),
            CertsCommand.Create(options => CertsActions.Init(options, output), file => CertsActions.Show(file, output)),
            ChaosCommand.Create(options => ChaosAction.Run(options, console)),
            StudyCommand.Create(options => StudyAction.Run(options, output.WriteLine)),
            ClusterCommands.Status((run, json) => ClusterActions.Status(run, json, console)),
            ClusterCommands.Drain((run, worker) => ClusterActions.Drain(run, worker, output)),
            TraceCommand.Create(run => TraceAction.Run(run, console)),
            HashCommand.Create(options => WeightsActions.Hash(options, output, log)),
            ExportCommand.Create(options => WeightsActions.Export(options, output, log)),
            ImportCommand.Create(options => WeightsActions.Import(options, output, log)),
            ConvertCommand.Create(options => ConvertAction.Run(options, console)),
            InspectCommand.Create(options => InspectAction.Run(options, console, log)),
            BenchCommand.Create(),
            DoctorCommand.Create(Checks.All(Environment.CurrentDirectory), console),
            VersionCommand.Create(output),
        };
    }
}
