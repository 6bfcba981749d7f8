using CsCheck;

namespace DyT.Config.Tests;

public class ConfigWriterTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_reads_back_exactly(bool comments) =>
        RandomConfig.Gen.Sample(
            config => ConfigLoader.Parse(ConfigWriter.ToYaml(config, comments), "written.yaml", []) == config,
            iter: 1000,
            print: config => ConfigWriter.ToYaml(config, comments));

    [Fact]
    public void Doubles_keep_their_bits() =>
        Gen.Double.Where(double.IsFinite).Sample(shift =>
        {
            var config = new RunConfig { Model = new ModelConfig { Site = new SiteConfig { Shift = shift } } };
            var read = ConfigLoader.Parse(ConfigWriter.ToYaml(config, comments: false), "written.yaml", []);
            return BitConverter.DoubleToInt64Bits(read.Model.Site.Shift) == BitConverter.DoubleToInt64Bits(shift);
        });

    [Fact]
    public void Every_key_is_written_with_its_default()
    {
        var yaml = ConfigWriter.ToYaml(new RunConfig(), comments: false);

        Assert.StartsWith("name: run\noutput: runs\nseed: 1337\nreproducible: true\n\nmodel:\n  preset: null\n  arch: gpt\n  layers: 4\n", yaml, StringComparison.Ordinal);
        Assert.Contains("\n  site:\n    kind: dyt\n    attention: null\n", yaml, StringComparison.Ordinal);
        Assert.Contains("\n  eps: 1.0e-08\n", yaml, StringComparison.Ordinal);
        Assert.Contains("\n  host: \"127.0.0.1\"\n", yaml, StringComparison.Ordinal);
        Assert.DoesNotContain('#', yaml);
    }

    [Fact]
    public void Comments_stand_above_their_key_with_what_is_allowed()
    {
        var yaml = ConfigWriter.ToYaml(new RunConfig(), comments: true);

        Assert.Contains("\n  # Number of transformer blocks. (a whole number from 1 to 4096)\n  layers: 4\n", yaml, StringComparison.Ordinal);
        Assert.All(yaml.Split('\n'), line => Assert.InRange(line.Length, 0, 110));
        var keys = yaml.Split('\n').Where(line => line.Contains(": ", StringComparison.Ordinal) && !line.Contains('#', StringComparison.Ordinal)).ToArray();
        var bare = ConfigWriter.ToYaml(new RunConfig(), comments: false).Split('\n').Where(line => line.Contains(": ", StringComparison.Ordinal));
        Assert.Equal(bare, keys);
    }
}
