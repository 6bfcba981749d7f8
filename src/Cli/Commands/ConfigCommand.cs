using System.CommandLine;

namespace DyT.Cli.Commands;

public sealed record ConfigShowOptions(string Config, IReadOnlyList<string> Overrides, bool Comments);

/// <summary><c>dyt config show CONFIG | schema</c>.</summary>
public static class ConfigCommand
{
    public static Command Create(Func<ConfigShowOptions, int> show, Func<int> schema)
    {
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var comments = new Option<bool>("--comments") { Description = "With what each setting means above it." };
        var showing = new Command("show", "The whole configuration, resolved, with every default.") { config, set, comments };
        showing.SetAction(parse => show(new ConfigShowOptions(parse.GetRequiredValue(config), parse.GetValue(set) ?? [], parse.GetValue(comments))));
        var schemas = new Command("schema", "The JSON schema of configurations, for editors.");
        schemas.SetAction(_ => schema());
        return new Command("config", "Configurations.") { showing, schemas };
    }
}
