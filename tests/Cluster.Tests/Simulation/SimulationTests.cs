using System.Globalization;

namespace DyT.Cluster.Tests.Simulation;

/// <summary>
/// The real decisions of coordinator and workers in thousands of runs full of faults, in virtual time. DYT_SCHEDULES sets how many;
/// DYT_SCHEDULE runs a single one and tells its story.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Usual = 1500;

    [Fact]
    public void No_schedule_of_faults_breaks_an_invariant_or_stops_the_run()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("DYT_SCHEDULES"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : Usual;
        long faults = 0;
        for (var seed = 0; seed < count; seed++)
            faults += Run(seed).Faults;
        output.WriteLine($"{count} schedules with {faults} faults, none violating");
    }

    /// <summary>Schedules that once found something.</summary>
    [Theory]
    [InlineData(24)]
    [InlineData(87)]
    [InlineData(313)]
    [InlineData(5432)]
    public void Schedules_that_found_something_once(int seed) => Run(seed);

    [Fact]
    public void One_schedule()
    {
        Assert.SkipUnless(int.TryParse(Environment.GetEnvironmentVariable("DYT_SCHEDULE"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed), "DYT_SCHEDULE names none");
        output.WriteLine(Run(seed).Story);
    }

    private static World Run(int seed)
    {
        var world = new World(seed);
        try
        {
            world.Run();
            return world;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"schedule {seed}: {e.Message}{Environment.NewLine}{world.Story}", e);
        }
    }
}
