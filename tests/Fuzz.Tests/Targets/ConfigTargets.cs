using System.Text;
using DyT.Config;
using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Configuration files and overrides on the command line.</summary>
internal static class ConfigTargets
{
    private const string Source = "fuzz.yaml";

    public static IEnumerable<FuzzTarget> All() =>
    [
        new(
            "configuration",
            [
                Bytes(ConfigWriter.ToYaml(new RunConfig(), comments: true)),
                Bytes(ConfigWriter.ToYaml(new RunConfig(), comments: false)),
                Bytes("name: run\nmodel: { preset: null, layers: 2 }\ntrain:\n  steps: 10 # few\nschedule: { warmup: 1 }\n"),
                Bytes("name: |-\n  run\nsample:\n  prompt: \"a \\u00e9: b\"\n"),
            ],
            bytes => Read(Encoding.UTF8.GetString(bytes), []))
        {
            Syntax = Syntax.Text, Allowed = typeof(ConfigException), LargestInput = 1 << 16,
            BaseMemory = 1 << 19, MemoryPerByte = 1024, // a tree of events and places, distances to all known keys
        },
        new("override", [Bytes("train.steps=200"), Bytes("sample.prompt=\"a: b\""), Bytes("name='x'"), Bytes("model.site.kind=dyt")], bytes => Read("", [Encoding.UTF8.GetString(bytes)]))
        {
            Syntax = Syntax.Text, Allowed = typeof(ConfigException),
            BaseMemory = 1 << 19, MemoryPerByte = 1024,
        },
    ];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static bool Read(string yaml, string[] overrides)
    {
        RunConfig config;
        try
        {
            config = ConfigLoader.Parse(yaml, Source, overrides);
        }
        catch (ConfigException e)
        {
            Assert.DoesNotContain(e.Message, char.IsControl);
            Assert.InRange(e.Message.Length, 10, 1000); // a long word is cut, but each of its signs may be written out as \uXXXX
            throw;
        }

        Assert.Equal(config, ConfigLoader.Parse(ConfigWriter.ToYaml(config, comments: false), Source, []));
        return true;
    }
}
