using System.Text.Json;

namespace DyT.Config.Tests;

public class ConfigSchemaTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(ConfigSchema.ToJson()).RootElement;

    private static JsonElement Key(string path) =>
        path.Split('.').Aggregate(Schema, (schema, name) => schema.GetProperty("properties").GetProperty(name));

    [Fact]
    public void The_schema_file_is_current()
    {
        var file = Path.Combine(Repository.Configs, "dyt.schema.json");
        var current = File.Exists(file) && File.ReadAllText(file) == ConfigSchema.ToJson();
        Assert.True(current, "configs/dyt.schema.json is not what the records say; regenerate it: ./dyt config schema > configs/dyt.schema.json");
    }

    [Theory]
    [InlineData("model.layers", """{"description":"Number of transformer blocks.","type":"integer","minimum":1,"maximum":4096,"default":4}""")]
    [InlineData("optimizer.lr", """{"description":"Peak learning rate.","type":"number","exclusiveMinimum":0,"default":0.001}""")]
    [InlineData("model.bias", """{"description":"Biases in linear layers.","type":"boolean","default":false}""")]
    [InlineData("model.mlp", """{"description":"MLP: gelu (two matrices) or swiglu (three, gated).","enum":["gelu","swiglu"],"default":"gelu"}""")]
    [InlineData("model.site.final", """{"description":"Kind of the site after the last block. Absent: kind.","enum":["dyt","derf","dyisru","layernorm","rmsnorm","none",null],"default":null}""")]
    public void A_key_says_what_its_setting_says(string path, string expected) =>
        Assert.Equal(expected, JsonSerializer.Serialize(JsonSerializer.Deserialize<object>(Key(path))));

    [Fact]
    public void Presets_are_listed() =>
        Assert.Equal([.. Presets.Names, null], Key("model.preset").GetProperty("enum").EnumerateArray().Select(name => name.GetString()));

    [Fact]
    public void Every_section_refuses_other_keys() => AssertClosed(Schema, "");

    private static void AssertClosed(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("properties", out var properties))
            return;
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean(), path);
        foreach (var property in properties.EnumerateObject())
            AssertClosed(property.Value, $"{path}.{property.Name}");
    }
}
