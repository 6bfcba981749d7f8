namespace DyT.Config.Tests;

public class OverrideTests
{
    private const string Yaml = "model:\n  layers: 3\n  kv_heads: 2\ndata:\n";

    private static RunConfig Load(params string[] overrides) => ConfigLoader.Parse(Yaml, "x.yaml", overrides);

    private static string Error(params string[] overrides) => Assert.Throws<ConfigException>(() => Load(overrides)).Message;

    [Fact]
    public void An_override_replaces_adds_and_clears()
    {
        var config = Load("model.layers=7", "model.site.kind=none", "model.kv_heads=null", "train.steps = 300", "data.source=a b");

        Assert.Equal(7, config.Model.Layers);
        Assert.Equal(SiteKind.None, config.Model.Site.Kind);
        Assert.Null(config.Model.KvHeads);
        Assert.Equal(300, config.Train.Steps);
        Assert.Equal("a b", config.Data.Source);
    }

    [Fact]
    public void Of_two_overrides_the_later_wins() => Assert.Equal(2, Load("model.layers=1", "model.layers=2").Model.Layers);

    [Theory]
    [InlineData("sample.prompt=He said: # no = comment", "He said: # no = comment")]
    [InlineData("sample.prompt=\" quoted\\n\"", " quoted\n")]
    [InlineData("sample.prompt='it''s'", "it's")]
    [InlineData("sample.prompt=\"\"", "")]
    [InlineData("sample.prompt=\"null\"", "null")]
    [InlineData("sample.prompt=[x]", "[x]")]
    public void Text_is_taken_as_it_stands_unless_it_is_quoted(string text, string expected) =>
        Assert.Equal(expected, Load(text).Sample.Prompt);

    [Theory]
    [InlineData("model.layer=3", "--set model.layer=3: unknown key model.layer; did you mean model.layers?")]
    [InlineData("model.layers=x", "--set model.layers=x: model.layers is 'x', but must be a whole number from 1 to 4096.")]
    [InlineData("model.layers=\"3\"", "--set model.layers=\"3\": model.layers is the text \"3\", but must be a whole number from 1 to 4096.")]
    [InlineData("model=3", "--set model=3: model is a section; give its keys below it, such as model.preset.")]
    [InlineData("train.steps", "--set train.steps: an override is written key=value, such as --set train.steps=200.")]
    [InlineData("model..layers=1", "--set model..layers=1: the key is incomplete; write its full path, such as --set model.site.kind=dyt.")]
    [InlineData("model.layers.a=1", "x.yaml:2: layers is a single value or a list here, but --set asks for a key below it.")]
    [InlineData("sample.prompt=\"a\" b", "--set sample.prompt=\"a\" b: not valid YAML")]
    [InlineData("sample.prompt=\"a\": b", "--set sample.prompt=\"a\": b: a value that starts with a quote must be one quoted text.")]
    [InlineData("model.heads=5", "--set model.heads=5: model.heads (5) must divide model.d_model (128).")]
    public void What_is_wrong_names_the_override(string text, string expected) =>
        Assert.StartsWith(expected, Error(text), StringComparison.Ordinal);
}
