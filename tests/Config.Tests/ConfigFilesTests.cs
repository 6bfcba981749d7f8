namespace DyT.Config.Tests;

public class ConfigFilesTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Repository.Configs, "*.yaml").Select(path => Path.GetFileName(path)!)];

    private static RunConfig Load(string file, params string[] overrides) =>
        ConfigLoader.LoadFile(Path.Combine(Repository.Configs, file), overrides);

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_shipped_file_loads_and_is_named_after_itself(string file) =>
        Assert.Equal(Path.GetFileNameWithoutExtension(file), Load(file).Name);

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_shipped_file_points_editors_to_the_schema_and_is_commented(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Configs, file));
        Assert.Equal("# yaml-language-server: $schema=dyt.schema.json", lines[0]);
        Assert.True(lines.Count(line => line.TrimStart().StartsWith('#')) >= 10);
    }

    [Fact]
    public void Moby_dick_is_nanoGPTs_setting_for_a_CPU()
    {
        var config = Load("moby-dick.yaml");
        Assert.Equal((4, 4, 128, 64, 0.0, false), (config.Model.Layers, config.Model.Heads, config.Model.DModel, config.Model.Block, config.Model.Dropout, config.Model.Bias));
        Assert.Equal((2000, 12), (config.Train.Steps, config.Train.GlobalBatch));
        Assert.Equal((1e-3, 0.99, 100), (config.Optimizer.Lr, config.Optimizer.Beta2, config.Schedule.Warmup));
    }

    [Theory]
    [InlineData("determinism.yaml", 4)]
    [InlineData("moby-dick.yaml", 4)]
    [InlineData("quickstart.yaml", 4)]
    public void Any_number_of_workers_up_to_the_documented_one_is_allowed(string file, int most)
    {
        for (var workers = 1; workers <= most; workers++)
            Assert.Equal(workers, Load(file, $"cluster.workers={workers}").Cluster.Workers);
    }
}
