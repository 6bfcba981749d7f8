using DyT.Cluster.Serialization;
using DyT.Fuzz.Tests.Engine;
using DyT.Fuzz.Tests.Targets;
using DyT.Tests.Shared;

namespace DyT.Fuzz.Tests;

/// <summary>Every reader of bytes from outside under mutated inputs: its one typed error or a result, soon, and in memory bounded by the input.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> Targets => AllTargets.Names;

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_reader_takes_or_refuses_whatever_comes(string target)
    {
        var report = new Fuzzer(AllTargets.Find(target), FuzzSettings.Seed, FuzzSettings.Duration, FuzzSettings.Deadline).Run();
        output.WriteLine(report.ToString());
        if (FuzzSettings.IsLong)
            Console.WriteLine(report); // nobody waits for a long run without seeing how it goes
        Assert.True(report.Failure is null, report.ToString());
    }

    [Fact]
    public void Every_kind_of_control_message_is_among_the_seeds() =>
        Assert.Equal(MessageCodecs.All.Select(c => c.Type.Name).Order(), ControlExamples.All.Select(e => e.GetType().Name).Distinct().Order());
}
