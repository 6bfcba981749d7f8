using System.Net;
using System.Net.Sockets;
using DyT.Cluster.Startup;
using DyT.Config;

namespace DyT.Cluster.Tests;

public sealed class StartupTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(60)]
    public void Time_outs_nest_inside_the_budget(double seconds)
    {
        var timings = new Timings(TimeSpan.FromSeconds(seconds));
        Assert.True(timings.HeartbeatInterval * 2 < timings.HeartbeatPause);
        Assert.True(timings.HeartbeatPause + timings.StableAfter < timings.Budget);
        Assert.True(timings.DataSilence < timings.Budget);
        Assert.True(timings.RollCall < timings.DataSilence);
    }

    [Fact]
    public void A_port_in_use_gives_a_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var error = Assert.Throws<UserErrorException>(() => ControlPlane.Start(ControlPlane.CoordinatorRole, "127.0.0.1", port, new Timings(TimeSpan.FromSeconds(5))));
        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\", akka.remote.untrusted-mode = off, x = \"")]
    [InlineData("two words")]
    public void A_host_that_is_none_is_refused_before_it_becomes_configuration(string host)
    {
        var error = Assert.Throws<UserErrorException>(() => ControlPlane.Start(ControlPlane.WorkerRole, host, 0, new Timings(TimeSpan.FromSeconds(5))));
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
    }

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("10.0.0.7:")]
    [InlineData(":5000")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("ho st:5000")]
    public void A_coordinator_address_that_is_none_gives_a_sentence(string text) =>
        Assert.Contains(text, Assert.Throws<UserErrorException>(() => HostAndPort.Parse("--coordinator", text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_out_of_range_or_not_a_number_gives_the_same_sentence()
    {
        static bool Allowed(int value) => value is >= 0 and <= 9;
        Assert.Null(OptionBounds.Check("--port", () => 9, Allowed, "between 0 and 9"));
        Assert.Equal("--port must be between 0 and 9", OptionBounds.Check("--port", () => 10, Allowed, "between 0 and 9"));
        Assert.Equal("--port must be between 0 and 9", OptionBounds.Check<int>("--port", () => throw new InvalidOperationException("cannot parse"), Allowed, "between 0 and 9"));
    }

    [Fact]
    public void A_coordinator_address_is_read()
    {
        var address = HostAndPort.Parse("--coordinator", "trainer-0.example:5000");
        Assert.Equal(("trainer-0.example", 5000), (address.Host, address.Port));
    }
}
