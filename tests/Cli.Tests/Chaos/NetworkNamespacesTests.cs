using System.Diagnostics;
using DyT.Cli.Chaos;
using DyT.Cli.Processes;
using DyT.Config;

namespace DyT.Cli.Tests.Chaos;

public sealed class NetworkNamespacesTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private static readonly string? WhyNot = NetworkNamespaces.WhyNot();

    // Each test its own network; all vanish.
    private static NetworkNamespaces Create(int count)
    {
        Assert.SkipWhen(WhyNot is not null, WhyNot ?? "");
        return NetworkNamespaces.Create($"test-{Guid.NewGuid()}", count);
    }

    private static (int ExitCode, string Output) Run(ChildStart start)
    {
        var (exitCode, output, error) = Repository.Run(start.Program, start.Arguments);
        return (exitCode, output + error);
    }

    private static ChildStart Shell(string command) => new("probe", "bash", ["-c", command], NoEnvironment);

    /// <summary>A connection attempt: refused says that the other side answered, a timeout that nothing did.</summary>
    private static bool Reaches(NetworkNamespaces network, int from, string address)
    {
        var (_, output) = Run(network.Inside(from, Shell($"timeout 0.7 bash -c 'exec 3<>/dev/tcp/{address}/9' 2>&1")));
        return output.Contains("refused", StringComparison.Ordinal);
    }

    // The kernel tells of a plugged cable with up to a second's delay, and until then what is sent is dropped.
    private static void AssertReaches(NetworkNamespaces network, int from, string address) =>
        Assert.True(SpinWait.SpinUntil(() => Reaches(network, from, address), TimeSpan.FromSeconds(10)), $"{from} does not reach {address}");

    private static string Everything() => Repository.Run("ip", ["netns", "list"]).Output + Repository.Run("ip", ["-o", "link", "show"]).Output;

    [Fact]
    public void Everybody_reaches_everybody_until_a_partition_and_again_after_it()
    {
        using var network = Create(4);
        AssertReaches(network, 0, network.Address(3));
        AssertReaches(network, 2, network.HostAddress);
        AssertReaches(network, 1, network.Address(1));
        AssertReaches(network, 1, "127.0.0.1");

        network.Isolate([2, 3]);
        AssertReaches(network, 2, network.Address(3));
        AssertReaches(network, 0, network.Address(1));
        AssertReaches(network, 0, network.HostAddress);
        Assert.False(Reaches(network, 2, network.Address(0)), "from the island");
        Assert.False(Reaches(network, 0, network.Address(2)), "to the island");
        Assert.False(Reaches(network, 3, network.HostAddress), "the island and the coordinator");

        network.Heal();
        AssertReaches(network, 2, network.Address(0));
        AssertReaches(network, 3, network.HostAddress);
    }

    [Fact]
    public void A_cable_is_pulled_and_plugged_in()
    {
        using var network = Create(2);
        network.SetCable(1, plugged: false);
        Assert.False(Reaches(network, 0, network.Address(1)));
        network.SetCable(1, plugged: true);
        AssertReaches(network, 0, network.Address(1));
    }

    [Fact]
    public void A_program_inside_keeps_its_id_so_that_signals_meet_it()
    {
        using var network = Create(1);
        var start = network.Inside(0, new ChildStart("sleep", "sleep", ["60"], NoEnvironment));
        using var process = Process.Start(new ProcessStartInfo(start.Program, start.Arguments))!;
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{process.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(10)));
        Assert.True(ProcessSignals.Send(process.Id, UnixSignal.Kill));
        Assert.True(process.WaitForExit(10000));
    }

    [Fact]
    public void Nothing_is_left_even_when_a_program_still_runs_inside()
    {
        var run = $"test-{Guid.NewGuid()}";
        Assert.SkipWhen(WhyNot is not null, WhyNot ?? "");
        var network = NetworkNamespaces.Create(run, 2);
        var prefix = NamespaceNames.Of(run).Prefix;
        Assert.Contains(prefix, Everything(), StringComparison.Ordinal);
        var start = network.Inside(0, new ChildStart("sleep", "sleep", ["60"], NoEnvironment));
        using var process = Process.Start(new ProcessStartInfo(start.Program, start.Arguments))!;
        try
        {
            Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{process.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(10)));
            network.Dispose();
            network.Dispose();
            Assert.DoesNotContain(prefix, Everything(), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public void A_run_that_is_alive_is_neither_swept_nor_doubled()
    {
        var run = $"test-{Guid.NewGuid()}";
        Assert.SkipWhen(WhyNot is not null, WhyNot ?? "");
        using var network = NetworkNamespaces.Create(run, 1);
        NetworkNamespaces.Sweep();
        AssertReaches(network, 0, network.HostAddress);
        var error = Assert.Throws<UserErrorException>(() => NetworkNamespaces.Create(run, 1));
        Assert.Contains("of a process that is alive", error.Message, StringComparison.Ordinal);
        AssertReaches(network, 0, network.HostAddress);
    }

    [Fact]
    public void What_a_killed_run_left_behind_is_swept()
    {
        Assert.SkipWhen(WhyNot is not null, WhyNot ?? "");
        // As a process leaves it that was killed in the middle of building: names, and nobody who holds the lock.
        var names = NamespaceNames.Of($"test-{Guid.NewGuid()}");
        Repository.Run("ip", ["netns", "add", names.Namespace(0)]);
        Repository.Run("ip", ["link", "add", names.MainBridge, "type", "bridge"]);
        Repository.Run("ip", ["link", "add", names.Link(0), "type", "veth", "peer", "name", "eth0", "netns", names.Namespace(0)]);
        Assert.Equal(3, names.In(Everything()).Count());
        Assert.InRange(NetworkNamespaces.Sweep(), 1, int.MaxValue);
        Assert.Empty(names.In(Everything()));
        Assert.False(File.Exists(names.LockFile));
    }

    [Fact]
    public void Names_are_found_among_others()
    {
        const string Text = "1: lo: <UP>\n7: dyt0a1b2cv12@if2: x\n8: dyt0a1b2ca: y\ndyt0a1b2cn3 (id: 1)\ndytffffffn0\nmydyt0a1b2cv1 dyt0a1b2cv1x dytlinkv1";
        Assert.Equal(["dyt0a1b2c", "dytffffff"], NamespaceNames.PrefixesIn(Text));
        Assert.Equal(["dyt0a1b2cv12", "dyt0a1b2ca", "dyt0a1b2cn3"], new NamespaceNames("dyt0a1b2c").In(Text));
        Assert.InRange(NamespaceNames.Of("run").Link(199).Length, 1, 15);
    }

    [Fact]
    public void Why_not_is_one_sentence() => Assert.True(WhyNot is null || WhyNot.EndsWith('.') && !WhyNot.Contains('\n', StringComparison.Ordinal), WhyNot);
}
