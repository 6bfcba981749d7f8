namespace DyT.Config.Tests;

public class PresetTests
{
    private static ModelConfig Model(string yaml, params string[] overrides) => ConfigLoader.Parse(yaml, "x.yaml", overrides).Model;

    /// <summary>Weights of the matrices, counted from the shapes: what a model's name promises.</summary>
    private static double Millions(ModelConfig model)
    {
        double d = model.DModel;
        var attention = d * d * 2 + d * model.HeadWidth * model.EffectiveKvHeads * 2;
        var mlp = d * model.EffectiveDFf * (model.Mlp == MlpKind.Swiglu ? 3 : 2);
        var embeddings = (model.Vocab ?? 0) * d * (model.TiedEmbeddings ? 1 : 2) + (model.Position == PositionKind.Learned ? model.Block * d : 0);
        return (model.Layers * (attention + mlp) + embeddings) / 1e6;
    }

    [Theory]
    [InlineData("gpt-tiny", 0.8)]
    [InlineData("gpt-10m", 10.7)]
    [InlineData("gpt2-124m", 124)]
    [InlineData("gpt2-350m", 354)]
    [InlineData("gpt2-774m", 773)]
    [InlineData("gpt2-1558m", 1557)]
    [InlineData("llama-1b", 1100)]
    [InlineData("llama-7b", 6738)]
    [InlineData("llama-13b", 13015)]
    [InlineData("llama-34b", 33743)]
    [InlineData("llama-70b", 68975)]
    public void A_preset_has_the_parameters_that_its_original_is_published_with(string name, double millions) =>
        Assert.InRange(Millions(Presets.Find(name)!.Model) / millions, 0.99, 1.01);

    [Theory]
    [InlineData("llama-1b", 1.0, 0.5)]
    [InlineData("llama-7b", 0.8, 0.2)]
    [InlineData("llama-13b", 0.8, 0.2)]
    [InlineData("llama-34b", 0.2, 0.05)]
    [InlineData("llama-70b", 0.2, 0.05)]
    public void Llama_presets_follow_the_published_recipe(string name, double attention, double other)
    {
        var model = Presets.Find(name)!.Model;

        Assert.Equal(new SiteConfig { Kind = SiteKind.Dyt, Beta = false, AlphaAttention = attention, AlphaOther = other }, model.Site);
        Assert.True(model.EmbeddingScale);
        Assert.Equal(PositionKind.Rope, model.Position);
    }

    [Fact]
    public void A_preset_fills_every_key_that_is_not_given()
    {
        var model = Model("model:\n  layers: 2\n  preset: llama-7b\n  site: { alpha_attention: 0.7 }\n", "model.kv_heads=null", "model.d_ff=100");
        var preset = Presets.Find("llama-7b")!.Model;

        Assert.Equal(preset with { Layers = 2, KvHeads = null, DFf = 100, Site = preset.Site with { AlphaAttention = 0.7 } }, model);
    }

    [Fact]
    public void An_override_may_name_the_preset() =>
        Assert.Equal(Presets.Find("gpt2-124m")!.Model, Model("model:\n", "model.preset=gpt2-124m"));

    [Fact]
    public void Every_preset_is_valid_named_once_and_described_in_one_line()
    {
        Assert.Equal(Presets.Names.Count, Presets.Names.Distinct().Count());
        Assert.All(Presets.Names, name =>
        {
            var preset = Presets.Find(name)!;
            Assert.Equal(preset.Model, Model($"model: {{ preset: {name} }}"));
            Assert.InRange(preset.Description.Length, 10, 100);
            Assert.DoesNotContain('\n', preset.Description);
        });
    }
}
