using System.CommandLine;

namespace DyT.Cli.Commands;

/// <summary><c>dyt bench ...</c>: handed on whole to the program of the benchmarks, which knows its own words and has its own help.</summary>
public static class BenchCommand
{
    public const string Name = "bench";

    /// <summary>Stands in the list of commands; <see cref="Program"/> hands its words on before they are parsed here.</summary>
    public static Command Create()
    {
        var words = new Argument<string[]>("arguments") { Arity = ArgumentArity.ZeroOrMore, Description = "'dyt bench --help' lists them." };
        return new Command(Name, "Measures the machine, the trainer's parts and what people would use in their place.") { words };
    }
}
