using System.CommandLine;

namespace DyT.Cli.Commands;

/// <summary>Arguments and options that several commands share, so that they read alike.</summary>
internal static class CommonOptions
{
    public static Option<string[]> Set() => new("--set")
    {
        Description = "Override a setting, e.g. --set model.site.kind=layernorm; may be repeated.",
        HelpName = "a.b=c",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    public static Argument<string> Config() => new("CONFIG") { Description = "Configuration file (YAML)." };

    public static Argument<string> Run() => new("RUN") { Description = "Folder of a run (runs/...) or of one of its checkpoints." };

    public static Option<bool> Best() => new("--best") { Description = "Take the checkpoint with the best validation loss instead of the newest." };

    /// <summary>For an option's validator: the sentence is an error unless all is fine.</summary>
    public static void Check(bool fine, System.CommandLine.Parsing.OptionResult result, string sentence)
    {
        if (!fine)
            result.AddError(sentence);
    }
}
