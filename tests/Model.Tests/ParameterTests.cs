using DyT.Config;

namespace DyT.Model.Tests;

public sealed class ParameterTests
{
    [Fact]
    public void Every_parameter_starts_at_a_multiple_of_sixteen_and_padding_stays_zero()
    {
        var model = new ModelConfig { Layers = 2, Heads = 3, DModel = 21, Block = 5 };
        var layout = FlatLayout.Of(GptParameters.Table(model, 13));
        Assert.All(layout.Entries, e => Assert.Equal(0, e.Offset % 16));
        using var parameters = ParameterSet.Allocate(layout, withGradients: false);
        parameters.Initialize(1);
        var inside = new bool[layout.Length];
        foreach (var entry in layout.Entries)
            Array.Fill(inside, true, entry.Offset, entry.Length);
        Assert.All(Enumerable.Range(0, layout.Length).Where(i => !inside[i]), i => Assert.Equal(0, parameters.Weights.Span[i]));
    }

    [Fact]
    public void Start_values_have_the_spread_of_the_table_and_do_not_depend_on_other_parameters()
    {
        var shallow = new ModelConfig { Layers = 1, DModel = 128 };
        var deep = shallow with { Layers = 8 };
        float[] Values(ModelConfig model, string name)
        {
            var layout = FlatLayout.Of(GptParameters.Table(model, 500));
            using var parameters = ParameterSet.Allocate(layout, withGradients: false);
            parameters.Initialize(7);
            return parameters.Weights.Slice(layout[name].Offset, layout[name].Length).ToArray();
        }

        static double Std(float[] values) => Math.Sqrt(values.Average(v => (double)v * v));
        const string qkv = "model.layers.0.self_attn.qkv_proj.weight";
        Assert.Equal(Values(shallow, qkv), Values(deep, qkv));
        Assert.Equal(0.02, Std(Values(deep, qkv)), 0.0005);
        Assert.Equal(0.02 / 4, Std(Values(deep, "model.layers.3.self_attn.o_proj.weight")), 0.0002); // over sqrt(2 * 8)
        Assert.NotEqual(Values(deep, qkv), Values(deep, "model.layers.1.self_attn.qkv_proj.weight"));
    }

    [Theory]
    [InlineData("gpt2-124m", SiteKind.Layernorm, 124_439_808)]
    [InlineData("llama-7b", SiteKind.Rmsnorm, 6_738_415_616)]
    public void Published_models_have_their_published_size(string preset, SiteKind site, long parameters)
    {
        var model = ConfigLoader.Parse($"model:\n  preset: {preset}\n  embedding_scale: false\n  vocab: {(preset == "gpt2-124m" ? 50257 : 32000)}\n  site:\n    kind: {site.ToString().ToLowerInvariant()}\n    beta: true\n", "test", []).Model;
        Assert.Equal(parameters, ModelCost.Of(model, new TextShape(model.Vocab!.Value)).Parameters);
    }

    [Fact]
    public void Stored_names_are_llama_s_and_cover_every_value_once()
    {
        var model = new ModelConfig { Layers = 2, Heads = 4, KvHeads = 2, DModel = 32, Mlp = MlpKind.Swiglu, Bias = true, TiedEmbeddings = false };
        var layout = FlatLayout.Of(GptParameters.Table(model, 40));
        var stored = StoredNames.Of(layout, model);
        Assert.Equal(stored.Count, stored.Select(s => s.Name).Distinct().Count());
        Assert.Equal([16, 32], stored.Single(s => s.Name == "model.layers.1.self_attn.k_proj.weight").Shape);
        Assert.Equal([model.EffectiveDFf, 32], stored.Single(s => s.Name == "model.layers.0.mlp.up_proj.weight").Shape);
        Assert.All(stored, s => Assert.Equal(s.Length, s.Shape.Aggregate(1L, (a, b) => a * b)));
        var covered = stored.SelectMany(s => Enumerable.Range(s.FlatOffset, s.Length)).ToList();
        Assert.Equal(covered.Count, covered.Distinct().Count());
        Assert.Equal(layout.Entries.Sum(e => e.Length), covered.Count);
    }
}
