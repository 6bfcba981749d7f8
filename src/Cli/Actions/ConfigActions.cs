using DyT.Cli.Commands;
using DyT.Config;

namespace DyT.Cli.Actions;

/// <summary><c>dyt config show | schema</c>.</summary>
internal static class ConfigActions
{
    public static int Show(ConfigShowOptions options, TextWriter output)
    {
        output.Write(ConfigWriter.ToYaml(ConfigLoader.LoadFile(options.Config, options.Overrides), options.Comments));
        return 0;
    }

    public static int Schema(TextWriter output)
    {
        output.Write(ConfigSchema.ToJson());
        return 0;
    }
}
