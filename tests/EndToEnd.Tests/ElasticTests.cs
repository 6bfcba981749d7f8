using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DyT.EndToEnd.Tests;

/// <summary>Real processes, really disturbed.</summary>
public sealed partial class ElasticTests
{
    private const string Determinism = "configs/determinism.yaml";

    [GeneratedRegex("SHA-256 ([0-9a-f]{64})")]
    private static partial Regex Hash();

    [Fact]
    public void A_run_under_faults_ends_with_the_weights_of_a_run_in_peace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs signals");
        using var scratch = new Scratch();
        var done = Dyt.Run(
            "chaos", "configs/chaos.yaml", "--set", $"output={scratch.Folder}", "--set", "train.steps=2000", "--set", "train.eval_every=300", "--set", "chaos.faults=9",
            "--set", "chaos.kinds=usual", "--set", "cluster.coordinators=2", "--set", "cluster.spares=1", "--seed", "4");
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Contains("passed", done.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_is_drained_leaves_after_its_step_and_status_tells_of_it()
    {
        using var scratch = new Scratch();
        using var dyt = Dyt.Start("train", Determinism, "--workers", "3", "--set", $"output={scratch.Folder}", "--set", "train.steps=400", "--set", "checkpoint.every=0");
        var run = RunFiles.AwaitSteps(scratch.Folder, 10);
        Assert.Equal("w1 leaves", Text(Dyt.Run("drain", run, "w1")) is var said && said.Contains("w1 leaves", StringComparison.Ordinal) ? "w1 leaves" : said);
        Waiting.Until(() => !Status(run).GetProperty("workers").EnumerateArray().Any(w => w.GetProperty("name").GetString() == "w1"), "w1's leaving");
        var unknown = Dyt.Run("drain", run, "w9");
        Assert.Equal((1, ""), (unknown.ExitCode, unknown.Output));
        Assert.Contains("there is no worker w9; there are w0, w2", unknown.Error, StringComparison.Ordinal);
        dyt.Signal("INT");
        var done = dyt.Wait();
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Contains("Worker w1 has left", done.All, StringComparison.Ordinal);
        Assert.DoesNotContain("w1 ended", done.All, StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_started_by_hand_join_and_those_with_a_wrong_option_end_without_harm()
    {
        const string secret = "00112233445566778899aabbccddeeff";
        using var calm = new Scratch();
        string[] settings = ["--workers", "1", "--set", "train.steps=1500", "--set", "checkpoint.every=0", "--set", "train.eval_every=0", "--set", "cluster.max_workers=2", "--set", "cluster.transport=tcp", "--set", "cluster.streams=2"];
        var expected = HashIn(Dyt.Run(["train", Determinism, "--set", $"output={calm.Folder}", .. settings]));

        using var scratch = new Scratch();
        using var dyt = Dyt.StartWithSecret(secret, ["train", Determinism, "--set", $"output={scratch.Folder}", .. settings]);
        var run = RunFiles.AwaitSteps(scratch.Folder, 10);
        var coordinator = $"127.0.0.1:{Regex.Match(File.ReadAllText(Path.Combine(run, "logs", "coordinator.log")), "\"port\":(\\d+)").Groups[1].Value}";
        string[] Options(string name, string id) => ["--coordinator", coordinator, "--name", name, "--run-id", id, "--transport", "tcp"];

        using var otherRun = Dyt.StartWorker(secret, Options("b0", "another"));
        var refused = otherRun.Wait();
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"this worker was started for another: give it --run-id {Path.GetFileName(run)}", refused.Error, StringComparison.Ordinal);

        using var otherStreams = Dyt.StartWorker(secret, Options("b1", Path.GetFileName(run)));
        refused = otherStreams.Wait();
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("the run's cluster.streams is 2, but this worker was started for 1: give it --streams 2", refused.Error, StringComparison.Ordinal);

        using var joiner = Dyt.StartWorker(secret, [.. Options("b2", Path.GetFileName(run)), "--streams", "2"]);
        Waiting.Until(() => Status(run).GetProperty("workers").EnumerateArray().Any(w => w.GetProperty("name").GetString() == "b2"), "b2's arrival");
        var done = dyt.Wait();
        Assert.Equal(expected, HashIn(done));
        Assert.Contains("b2", done.Output, StringComparison.Ordinal);
        Assert.Equal(0, joiner.Wait().ExitCode);
    }

    [Fact]
    public void Garbage_on_every_port_is_refused_and_counted_and_the_run_is_unharmed()
    {
        using var calm = new Scratch();
        string[] settings = ["--workers", "2", "--set", "train.steps=300", "--set", "checkpoint.every=0", "--set", "train.eval_every=0"];
        var expected = HashIn(Dyt.Run(["train", Determinism, "--set", $"output={calm.Folder}", .. settings]));

        using var scratch = new Scratch();
        using var dyt = Dyt.Start(["train", Determinism, "--set", $"output={scratch.Folder}", .. settings]);
        var run = RunFiles.AwaitSteps(scratch.Folder, 10);
        var ports = Status(run).GetProperty("workers").EnumerateArray().Select(w => int.Parse(w.GetProperty("endpoint").GetString()!.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        using var api = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "api.json")));
        var dataPorts = ports.ToHashSet();
        ports.Add(new Uri(api.RootElement.GetProperty("url").GetString()!).Port);
        var coordinator = Regex.Match(File.ReadAllText(Path.Combine(run, "logs", "coordinator.log")), "\"port\":(\\d+)").Groups[1].Value;
        ports.Add(int.Parse(coordinator, System.Globalization.CultureInfo.InvariantCulture));
        // Run, plan, generation, from rank, to rank, wire, stream, streams, nonce.
        var hello = (byte[])[.. "DYTDATA4"u8, .. SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(run))), .. new byte[32], .. BitConverter.GetBytes(1L), .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(0), .. BitConverter.GetBytes(0), .. BitConverter.GetBytes(0), .. BitConverter.GetBytes(1), .. new byte[32]];
        foreach (var port in ports)
        {
            Throw(port, RandomNumberGenerator.GetBytes(5000)); // garbage
            Throw(port, hello[..50]); // a hello cut short
            var answer = Throw(port, [.. hello, .. new byte[32]]); // a hello with a proof by the wrong secret
            Assert.True(!dataPorts.Contains(port) || answer == 64, $"{answer} bytes answer a hello"); // it went as far as the proof
            Throw(port, [255, 255, 255, 127, .. new byte[4000]]); // a frame that says it is 2 GiB long
            Throw(port, "GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n\r\n"u8.ToArray());
        }

        Waiting.Until(() => Status(run).GetProperty("workers").EnumerateArray().All(w => w.GetProperty("refused_connections").GetInt64() >= 3), "the count of refused connections");
        Assert.Equal(expected, HashIn(dyt.Wait()));
    }

    private static string Text(Finished done) => done.All;

    private static string HashIn(Finished done)
    {
        Assert.True(done.ExitCode == 0, done.All);
        return Hash().Match(done.Output).Groups[1].Value;
    }

    private static JsonElement Status(string run)
    {
        var done = Dyt.Run("status", run, "--json");
        Assert.True(done.ExitCode == 0, done.All);
        using var json = JsonDocument.Parse(done.Output);
        return json.RootElement.Clone();
    }

    /// <summary>Sends bytes and waits until the other side closes, or for a moment. Gives the number of bytes that came back.</summary>
    private static int Throw(int port, byte[] bytes)
    {
        var answered = 0;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 300, SendTimeout = 1000 };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.Send(bytes);
            while (socket.Receive(new byte[1000]) is var got and > 0)
                answered += got;
        }
        catch (SocketException)
        {
            // Closed or reset, or it waits for more: as it should.
        }

        return answered;
    }
}
