using DyT.Cli;
using DyT.Cli.Actions;
using DyT.Cli.Commands;
using DyT.Cli.Views;

return ErrorBoundary.Run(
    () => args is [BenchCommand.Name, .. var words]
        ? BenchAction.Run(words)
        : CommandLine.Run(CommandTree.Create(Terminal.Open(), Console.Error.WriteLine), args),
    Console.Error);
