using System.Text;
using DyT.Config;
using DyT.Config.Studies;
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
        new(
            "study",
            [
                Bytes("name: s\ntitle: t\nbase: b.yaml\nset: {train.steps: 10, stages: [{kind: calibrate}, {kind: train}]}\naxes:\n  - name: site\n    values:\n      - {label: a, set: {x: 'y'}, short: {x: 1}}\n      - {label: b}\nseeds: [1, 2]\nbaseline: a\n"),
                Bytes("name: s\nbase: ../b.yaml\naxes: [{name: n, values: [{label: '1', set: {}}]}]\nsearch_lr: [1e-3, 3e-3]\nsearch_steps: 5\nparallel: 2\nmetric: top1\nshort: {seeds: [7], axes: {n: ['1']}, search_lr: [], set: {a.b: \"\"}}\n"),
            ],
            bytes => ReadStudy(Encoding.UTF8.GetString(bytes)))
        {
            Syntax = Syntax.Text, Allowed = typeof(ConfigException), LargestInput = 1 << 16,
            BaseMemory = 1 << 19, MemoryPerByte = 1024,
        },
    ];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static bool ReadStudy(string yaml)
    {
        try
        {
            Assert.InRange(StudyReader.Parse(yaml, Source).Seeds.Count, 1, 1000);
            return true;
        }
        catch (ConfigException e)
        {
            Assert.DoesNotContain(e.Message, char.IsControl);
            Assert.InRange(e.Message.Length, 10, 1000);
            throw;
        }
    }

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
