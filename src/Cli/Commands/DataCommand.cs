using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Name">Of a corpus, see <c>dyt data list</c>.</param>
/// <param name="Cache">Folder that corpora and shards are kept in.</param>
public sealed record DataGetOptions(string Name, string Cache);

public sealed record DataPrepareOptions(string Config, IReadOnlyList<string> Overrides);

/// <summary><c>dyt data list | get NAME | prepare CONFIG</c>.</summary>
public static class DataCommand
{
    public static Command Create(Func<string, int> list, Func<DataGetOptions, int> get, Func<DataPrepareOptions, int> prepare) =>
        new("data", "Corpora and token shards.") { List(list), Get(get), Prepare(prepare) };

    private static Command List(Func<string, int> run)
    {
        var cache = Cache();
        var command = new Command("list", "The named corpora, and which are here.") { cache };
        command.SetAction(parse => run(parse.GetRequiredValue(cache)));
        return command;
    }

    private static Command Get(Func<DataGetOptions, int> run)
    {
        var name = new Argument<string>("NAME") { Description = "Name of a corpus (see 'dyt data list')." };
        var cache = Cache();
        var command = new Command("get", "Fetch a corpus and verify it.") { name, cache };
        command.SetAction(parse => run(new DataGetOptions(parse.GetRequiredValue(name), parse.GetRequiredValue(cache))));
        return command;
    }

    private static Command Prepare(Func<DataPrepareOptions, int> run)
    {
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var command = new Command("prepare", "Make the token shards of a configuration; 'train' does it by itself.") { config, set };
        command.SetAction(parse => run(new DataPrepareOptions(parse.GetRequiredValue(config), parse.GetValue(set) ?? [])));
        return command;
    }

    private static Option<string> Cache() => new("--cache")
    {
        Description = "Folder of corpora and shards (data.cache).",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => new Config.DataConfig().Cache,
    };
}
