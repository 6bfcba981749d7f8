using DyT.Cli;
using DyT.Cli.Views;

return ErrorBoundary.Run(() => CommandLine.Run(CommandTree.Create(Terminal.Open(), Console.Error.WriteLine), args), Console.Error);
