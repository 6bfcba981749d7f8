using System.Security.Cryptography.X509Certificates;
using DyT.Cli.Commands;
using DyT.Config;
using DyT.Security;
using Spectre.Console;

namespace DyT.Cli.Tests;

/// <summary><c>dyt certs</c>, and that what it makes is what the processes accept.</summary>
public sealed class CertsTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static string Run(params string[] args)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        Assert.Equal(0, CommandLine.Run(CommandTree.Create(console, _ => { }), args));
        return output.ToString();
    }

    private SecurityConfig Config(string folder) => new()
    {
        Control = ControlSecurity.Tls,
        Certificate = Path.Combine(folder, "{role}.pem"),
        Key = Path.Combine(folder, "{role}.key"),
        Authority = _scratch.File("certs/ca.pem"),
    };

    [Fact]
    public void What_init_makes_is_accepted_for_its_role_and_host_and_shown()
    {
        var folder = _scratch.File("certs");
        Assert.Contains("10.0.0.7", Run("certs", "init", folder, "--hosts", "trainer.example", "10.0.0.7", "--days", "3"), StringComparison.Ordinal);
        foreach (var role in (string[])[NodeRole.Coordinator, NodeRole.Worker])
        {
            var identity = TlsIdentity.Load(IdentityFiles.Resolve(Config(folder), role, _ => null)!, role);
            Assert.True(identity.Certificate.MatchesHostname("10.0.0.7"));
            Assert.True(identity.Certificate.MatchesHostname("trainer.example", allowCommonName: false));
            Assert.False(identity.Certificate.MatchesHostname("elsewhere.example", allowCommonName: false));
            Assert.InRange(identity.Certificate.NotAfter - DateTime.Now, TimeSpan.FromDays(2.9), TimeSpan.FromDays(3.1));
        }

        var shown = Run("certs", "show", Path.Combine(folder, "worker.pem"));
        foreach (var part in (string[])["CN=dyt-worker", "CN=DyT development authority", "valid:", "trainer.example"])
            Assert.Contains(part, shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Private_keys_are_the_owner_s_alone()
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = _scratch.File("certs");
        Run("certs", "init", folder);
        foreach (var key in Directory.GetFiles(folder, "*.key"))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        Assert.Equal(3, Directory.GetFiles(folder, "*.key").Length);
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        var folder = _scratch.File("certs");
        Directory.CreateDirectory(folder);
        var present = _scratch.File("certs/worker.key", "precious");
        var error = Assert.Throws<UserErrorException>(() => Run("certs", "init", folder));
        Assert.Contains("worker.key", error.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(present));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Theory]
    [InlineData("--days", "0")]
    [InlineData("--days", "many")]
    [InlineData("--hosts", "a b")]
    [InlineData("--hosts", "")]
    public void Options_that_make_no_sense_are_named(string option, string value)
    {
        var error = Assert.Throws<UserErrorException>(() => Run("certs", "init", _scratch.File("certs"), option, value));
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
        Assert.Contains(option, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_scratch.File("certs")));
    }

    [Fact]
    public void What_is_no_certificate_is_named()
    {
        Assert.Contains("no certificate", Assert.Throws<UserErrorException>(() => Run("certs", "show", _scratch.File("x.pem", "nothing"))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<UserErrorException>(() => Run("certs", "show", _scratch.File("absent.pem"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_path_is_one_sentence_with_the_field()
    {
        var error = Assert.Throws<UserErrorException>(() => IdentityFiles.Resolve(new SecurityConfig { Data = DataSecurity.Tls, Certificate = "c.pem" }, NodeRole.Worker, _ => null));
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
        Assert.Contains("cluster.security.key", error.Message, StringComparison.Ordinal);
        Assert.Contains("DYT_TLS_KEY", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_gives_what_the_configuration_leaves_out()
    {
        var files = IdentityFiles.Resolve(new SecurityConfig { Data = DataSecurity.Tls, Certificate = "{role}.pem" }, NodeRole.Worker, name => $"/env/{name}/{{role}}");
        Assert.Equal(new IdentityFiles("worker.pem", "/env/DYT_TLS_KEY/worker", "/env/DYT_TLS_CA/worker"), files);
        Assert.Null(IdentityFiles.Resolve(new SecurityConfig { Data = DataSecurity.Integrity }, NodeRole.Worker, _ => null));
    }

    [Theory]
    [InlineData("coordinator.pem", "coordinator.key", "not for dyt-worker")] // another role
    [InlineData("worker.pem", "coordinator.key", "coordinator.key: is not the PEM file")] // a key that does not belong to it
    [InlineData("worker.pem", "worker.pem", "worker.pem: is not the PEM file")]
    [InlineData("absent.pem", "worker.key", "absent.pem: cannot be read")]
    public void Files_that_do_not_fit_are_named(string certificate, string key, string expected)
    {
        var folder = _scratch.File("certs");
        Run("certs", "init", folder);
        var files = new IdentityFiles(Path.Combine(folder, certificate), Path.Combine(folder, key), Path.Combine(folder, "ca.pem"));
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => TlsIdentity.Load(files, NodeRole.Worker)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_run_s_authority_is_named()
    {
        var folder = _scratch.File("certs");
        var other = _scratch.File("other");
        Run("certs", "init", folder);
        Run("certs", "init", other);
        var error = Assert.Throws<UserErrorException>(() => TlsIdentity.Load(IdentityFiles.Resolve(Config(other), NodeRole.Worker, _ => null)!, NodeRole.Worker));
        Assert.Contains("not issued by the run's authority", error.Message, StringComparison.Ordinal);
    }
}
