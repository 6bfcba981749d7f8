namespace DyT.EndToEnd.Tests;

/// <summary>Protection changes nothing in the result, also where a worker dies, and what is missing for it is said before anything starts.</summary>
public sealed class SecurityTests
{
    private static string[] Train(Scratch scratch, params string[] more) =>
        ["train", "configs/determinism.yaml", "--set", $"output={scratch.Folder}", "--workers", "3", "--set", "train.steps=150", .. more];

    private static string HashOf(string run)
    {
        var done = Dyt.Run("hash", run);
        Assert.True(done.ExitCode == 0, done.All);
        return done.Output.Split(' ')[0]; // the path comes after it
    }

    [Fact]
    public void With_certificates_on_both_planes_and_a_worker_killed_the_weights_are_the_same()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "finds the worker by /proc");
        using var plain = new Scratch();
        var straight = Dyt.Run(Train(plain));
        Assert.True(straight.ExitCode == 0, straight.All);

        using var scratch = new Scratch();
        var certs = Path.Combine(scratch.Folder, "certs");
        Assert.Equal(0, Dyt.Run("certs", "init", certs).ExitCode);
        var name = Guid.NewGuid().ToString("N");
        using var dyt = Dyt.Start(Train(
            scratch, "--name", name, "--set", "cluster.security.control=tls", "--set", "cluster.security.data=tls", "--set", $"cluster.security.certificate={certs}/{{role}}.pem",
            "--set", $"cluster.security.key={certs}/{{role}}.key", "--set", $"cluster.security.authority={certs}/ca.pem"));
        Waiting.Until(() => Directory.GetFiles(scratch.Folder, "metrics.jsonl", SearchOption.AllDirectories).Any(f => new FileInfo(f).Length > 1000), "some steps");
        Processes.Kill(name, "w1");
        var done = dyt.Wait();
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Contains("generation 2", done.All, StringComparison.Ordinal);
        Assert.Equal(HashOf(plain.NewestRun()), HashOf(scratch.NewestRun()));
    }

    [Fact]
    public void What_is_missing_for_tls_is_one_sentence_with_the_field_and_no_run_begins()
    {
        using var scratch = new Scratch();
        var done = Dyt.Run(Train(scratch, "--set", "cluster.security.data=tls"));
        Assert.Equal(2, done.ExitCode);
        Assert.Single(done.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("cluster.security.certificate", done.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(scratch.Folder));
    }
}
