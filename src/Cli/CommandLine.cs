using System.CommandLine;
using DyT.Config;

namespace DyT.Cli;

/// <summary>Parses the command line and runs the command, or says in one sentence what is wrong with it.</summary>
public static class CommandLine
{
    /// <returns>The exit code of the command.</returns>
    /// <exception cref="UserErrorException">The command line is not one that the commands take.</exception>
    public static int Run(RootCommand root, IReadOnlyList<string> args)
    {
        var parse = Parse(root, args);
        if (parse.Errors.Count > 0)
            throw new UserErrorException($"{Sentence(parse)} See '{PathOf(parse)} --help'.", UserErrorException.Usage);
        return parse.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private static ParseResult Parse(RootCommand root, IReadOnlyList<string> args)
    {
        try
        {
            // Arguments that start with '@' are meant as they stand: a prompt may.
            return root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        }
        catch (InvalidOperationException e)
        {
            // A command's own check asked for the value of an option that has none: the library says why, in a sentence.
            throw new UserErrorException($"{e.Message} See 'dyt --help'.", UserErrorException.Usage, e);
        }
    }

    // A wrong word is what a person mistyped; that something is missing then only follows from it.
    private static string Sentence(ParseResult parse)
    {
        if (parse.UnmatchedTokens.Count > 0 && parse.Errors.FirstOrDefault(e => e.Message.Contains(parse.UnmatchedTokens[0], StringComparison.Ordinal)) is { } wrong)
            return wrong.Message;
        return parse.Errors[0].Message;
    }

    private static string PathOf(ParseResult parse)
    {
        var words = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? result = parse.CommandResult; result is not null; result = result.Parent)
        {
            if (result is System.CommandLine.Parsing.CommandResult { Command: var command })
                words.Push(command is RootCommand ? "dyt" : command.Name);
        }

        return string.Join(' ', words);
    }
}
