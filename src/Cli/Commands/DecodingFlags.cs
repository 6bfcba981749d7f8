using System.CommandLine;

namespace DyT.Cli.Commands;

/// <summary>How translations are searched.</summary>
/// <param name="Beams">1: greedily.</param>
/// <param name="Penalty">For length; 0: none.</param>
/// <param name="Batch">Texts that are translated at once.</param>
public sealed record DecodingFlags(int Beams, double Penalty, int Batch)
{
    public static readonly DecodingFlags Default = new(4, 1, 32);

    private const int MostBeams = 256;
    private const int LargestBatch = 4096;

    /// <summary>The options of a command, and how they are read.</summary>
    internal static (Option[] Options, Func<ParseResult, DecodingFlags> Read) Create()
    {
        var beams = new Option<int>("--beam") { Description = "Translations that are followed at once; 1: greedily.", HelpName = "N", DefaultValueFactory = _ => Default.Beams };
        var penalty = new Option<double>("--length-penalty") { Description = "0: the likeliest whole text, which favours short ones; 1: about the likeliest per token.", HelpName = "A", DefaultValueFactory = _ => Default.Penalty };
        var batch = new Option<int>("--batch") { Description = "Texts that are translated at once.", HelpName = "N", DefaultValueFactory = _ => Default.Batch };
        Bound(beams, value => value is >= 1 and <= MostBeams, $"--beam must be between 1 and {MostBeams}.");
        Bound(penalty, value => value is >= 0 and <= 10, "--length-penalty must be between 0 and 10.");
        Bound(batch, value => value is >= 1 and <= LargestBatch, $"--batch must be between 1 and {LargestBatch}.");
        return ([beams, penalty, batch], parse => new DecodingFlags(parse.GetValue(beams), parse.GetValue(penalty), parse.GetValue(batch)));
    }

    private static void Bound<T>(Option<T> option, Predicate<T> fine, string sentence) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<T>() is { } value && !fine(value))
            result.AddError(sentence);
    });
}
