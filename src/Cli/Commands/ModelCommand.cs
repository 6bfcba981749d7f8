using System.CommandLine;

namespace DyT.Cli.Commands;

public sealed record ModelShowOptions(string Config, IReadOnlyList<string> Overrides);

/// <summary><c>dyt model show CONFIG | list</c>.</summary>
public static class ModelCommand
{
    public static Command Create(Func<ModelShowOptions, int> show, Func<int> list)
    {
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var showing = new Command("show", "Parameters, memory per worker and FLOPs per token of a configuration's model, without making it.") { config, set };
        showing.SetAction(parse => show(new ModelShowOptions(parse.GetRequiredValue(config), parse.GetValue(set) ?? [])));
        var listing = new Command("list", "The built-in models (model.preset).");
        listing.SetAction(_ => list());
        return new Command("model", "What a model is and costs.") { showing, listing };
    }
}
