namespace DyT.Config.Tests;

public class ConfigLoaderTests
{
    private static RunConfig Load(params string[] lines) => ConfigLoader.Parse(string.Join('\n', lines), "x.yaml", []);

    private static string Error(params string[] lines)
    {
        var error = Assert.Throws<ConfigException>(() => Load(lines));
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
        return error.Message;
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("model:\n")]
    [InlineData("model:\n  site:\n  # kind: dyt\n")]
    [InlineData("---\n...\n")]
    [InlineData("\ufeffname: run\n")]
    public void What_is_not_given_has_its_default(string yaml) =>
        Assert.Equal(new RunConfig(), ConfigLoader.Parse(yaml, "x.yaml", []));

    [Theory]
    [InlineData("true", OverlapMode.Auto)]
    [InlineData("false", OverlapMode.Never)]
    [InlineData("False", OverlapMode.Never)]
    [InlineData("always", OverlapMode.Always)]
    public void Words_of_earlier_versions_are_read(string word, OverlapMode expected) => Assert.Equal(expected, Load($"cluster: {{ overlap: {word} }}").Cluster.Overlap);

    [Fact]
    public void Every_kind_of_value_is_read()
    {
        var config = Load(
            "name: 'a b'",
            "seed: 9007199254740993",
            "reproducible: false",
            "model:",
            "  layers: 3",
            "  kv_heads: 2",
            "  position: rope",
            "  site: { kind: derf, final: rmsnorm, alpha_other: 2.5e-1 }",
            "data: { source: 2024 }",
            "optimizer:",
            "  lr: 3e-4");

        Assert.Equal(
            new RunConfig
            {
                Name = "a b",
                Seed = 9007199254740993,
                Reproducible = false,
                Model = new ModelConfig
                {
                    Layers = 3,
                    KvHeads = 2,
                    Position = PositionKind.Rope,
                    Site = new SiteConfig { Kind = SiteKind.Derf, Final = SiteKind.Rmsnorm, AlphaOther = 0.25 },
                },
                Data = new DataConfig { Source = "2024" },
                Optimizer = new OptimizerConfig { Lr = 3e-4 },
            },
            config);
    }

    [Fact]
    public void An_unknown_key_is_answered_with_the_nearest() =>
        Assert.Equal("x.yaml:3: unknown key model.layer; did you mean model.layers?", Error("name: a", "model:", "  layer: 4"));

    [Fact]
    public void A_key_of_another_section_is_answered_with_its_full_path() =>
        Assert.Equal("x.yaml:1: unknown key micro_batch; did you mean train.micro_batch?", Error("micro_batch: 4"));

    [Fact]
    public void A_key_like_no_other_is_answered_with_the_sections_keys() =>
        Assert.Equal("x.yaml:2: unknown key guard.banana; the keys in guard are loss_spike, window, action, max_interventions, audit_every.", Error("guard:", "  banana: 4"));

    [Theory]
    [InlineData("model: { layers: four }", "x.yaml:1: model.layers is 'four', but must be a whole number from 1 to 4096.")]
    [InlineData("model: { layers: 0 }", "x.yaml:1: model.layers is '0', but must be a whole number from 1 to 4096.")]
    [InlineData("model: { layers: -3 }", "x.yaml:1: model.layers is '-3', but must be a whole number from 1 to 4096.")]
    [InlineData("model: { layers: 4.0 }", "x.yaml:1: model.layers is '4.0', but must be a whole number from 1 to 4096.")]
    [InlineData("model: { layers: \"4\" }", "x.yaml:1: model.layers is the text \"4\", but must be a whole number from 1 to 4096.")]
    [InlineData("model: { layers: 99999999999999999999 }", "x.yaml:1: model.layers is '99999999999999999999', but must be a whole number from 1 to 4096.")]
    [InlineData("guard: { window: 2147483648 }", "x.yaml:1: guard.window is '2147483648', but must be a whole number from 1 to 2147483647.")]
    [InlineData("model: { layers: }", "x.yaml:1: model.layers is empty, but must be a whole number from 1 to 4096.")]
    [InlineData("model: { layers: [4] }", "x.yaml:1: model.layers is a list, but must be a whole number from 1 to 4096.")]
    [InlineData("model: { layers: { a: 4 } }", "x.yaml:1: model.layers is a mapping, but must be a whole number from 1 to 4096.")]
    [InlineData("model: { bias: yes }", "x.yaml:1: model.bias is 'yes', but must be true or false.")]
    [InlineData("model: { dropout: 0.96 }", "x.yaml:1: model.dropout is '0.96', but must be a number from 0 to 0.95.")]
    [InlineData("optimizer: { lr: 0 }", "x.yaml:1: optimizer.lr is '0', but must be a number greater than 0.")]
    [InlineData("optimizer: { lr: .nan }", "x.yaml:1: optimizer.lr is '.nan', but must be a number greater than 0.")]
    [InlineData("optimizer: { lr: NaN }", "x.yaml:1: optimizer.lr is 'NaN', but must be a number greater than 0.")]
    [InlineData("optimizer: { lr: 1e999 }", "x.yaml:1: optimizer.lr is '1e999', but must be a number greater than 0.")]
    [InlineData("model: { mlp: Gelu }", "x.yaml:1: model.mlp is 'Gelu', but must be gelu or swiglu.")]
    [InlineData("model: { site: { kind: 1 } }", "x.yaml:1: model.site.kind is '1', but must be dyt, derf, dyisru, layernorm, rmsnorm or none.")]
    [InlineData("model: { preset: gpt2-124 }", "x.yaml:1: model.preset is 'gpt2-124' (did you mean gpt2-124m?), but must be gpt-nano, gpt-tiny, gpt-10m, gpt2-124m, gpt2-350m, gpt2-774m, gpt2-1558m, llama-1b, llama-7b, llama-13b, llama-34b or llama-70b.")]
    [InlineData("name: ~", "x.yaml:1: name is empty; write \"\" for an empty text.")]
    [InlineData("model: 3", "x.yaml:1: model is a section; give its keys below it, such as model.preset.")]
    [InlineData("- a", "x.yaml:1: a configuration is a mapping of keys to values, such as 'name: run', not a list or a lone value.")]
    [InlineData("name: a\nseed: 1\nname: b", "x.yaml:3: key name is given twice; the first is on line 1.")]
    [InlineData("name: &a run", "x.yaml:1: anchors (&name) are not supported; write the value where it is needed.")]
    [InlineData("name: *a", "x.yaml:1: aliases (*name) are not supported; write the value out.")]
    [InlineData("name: !!str run", "x.yaml:1: tags (!name) are not supported; write the plain value.")]
    [InlineData("? [a]\n: b", "x.yaml:1: a key must be a plain word, not a list or a mapping.")]
    [InlineData("name: a\n---\nname: b", "x.yaml:2: a second document starts here; a configuration is one document.")]
    public void What_is_wrong_is_one_sentence_with_its_place(string yaml, string expected) => Assert.Equal(expected, Error(yaml));

    [Fact]
    public void Broken_yaml_is_named_with_its_line() =>
        Assert.StartsWith("x.yaml:2: not valid YAML: ", Error("name: a", "model: ]", "seed: 1"), StringComparison.Ordinal);

    [Theory]
    [InlineData("seed: 1\nname: \"\\Uffffffff\"")]
    [InlineData("seed: 1\nname: \"\\q\"")]
    [InlineData("seed: 1\nname: \"open")]
    public void A_bad_text_in_quotes_is_named_with_its_line(string yaml) =>
        Assert.StartsWith("x.yaml:2: not valid YAML: ", Error(yaml), StringComparison.Ordinal);

    [Fact]
    public void A_path_with_dots_in_a_file_is_explained() =>
        Assert.Equal(
            "x.yaml:1: unknown key model.layers; in a file keys are nested, one section per line; only --set takes a path with dots.",
            Error("model.layers: 3"));

    [Fact]
    public void A_check_between_keys_is_reported_where_its_key_stands() =>
        Assert.Equal("x.yaml:4: model.heads (3) must divide model.d_model (128).", Error("train:", "  steps: 500", "model:", "  heads: 3"));

    [Fact]
    public void A_check_between_keys_falls_to_the_other_key_where_only_that_is_given() =>
        Assert.Equal("x.yaml:1: model.heads (4) must divide model.d_model (130).", Error("model: { d_model: 130 }"));

    [Fact]
    public void A_missing_file_a_folder_and_foreign_bytes_are_named()
    {
        var folder = Directory.CreateTempSubdirectory("dyt-config-").FullName;
        try
        {
            var file = Path.Combine(folder, "x.yaml");
            string Message(string path) => Assert.Throws<ConfigException>(() => ConfigLoader.LoadFile(path, [])).Message;

            Assert.Equal($"{file}: there is no such file; the ready-made ones are in configs/.", Message(file));
            Assert.StartsWith($"{folder}: this is a folder;", Message(folder), StringComparison.Ordinal);

            File.WriteAllBytes(file, [0x6e, 0x3a, 0x20, 0xff, 0xfe]);
            Assert.Equal($"{file}: the file is not UTF-8 text; save it as UTF-8.", Message(file));

            File.WriteAllText(file, "name: a\n#" + new string('x', 1 << 20));
            Assert.StartsWith($"{file}: the file is larger than 1024 KiB", Message(file), StringComparison.Ordinal);

            File.WriteAllText(file, "name: a\n");
            Assert.Equal("a", ConfigLoader.LoadFile(file, []).Name);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
