namespace DyT.EndToEnd.Tests;

/// <summary>What holds for language models holds for every network: real processes, a real kill, a stop, a resume at another size, an export.</summary>
public sealed class NetworksTests : IDisposable
{
    private readonly Scratch _scratch = new();

    [Theory]
    [InlineData("vit")]
    [InlineData("seq2seq")]
    [InlineData("lstm")]
    public void Killed_stopped_and_resumed_it_ends_with_the_weights_of_one_undisturbed_worker(string arch)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "finds the worker by /proc");
        var config = _scratch.File("config.yaml", Config(arch, arch switch { "vit" => Images(), "seq2seq" => Pairs(), _ => Sentences() }));
        var expected = RunFiles.WeightsHash(Train(config, "straight", "--workers", "1"));

        var name = Guid.NewGuid().ToString("N");
        var folder = Path.Combine(_scratch.Folder, "disturbed");
        string run;
        using (var dyt = Dyt.Start("train", config, "--set", $"output={folder}", "--name", name, "--workers", "3"))
        {
            run = RunFiles.AwaitSteps(folder, 10);
            Processes.Kill(name, "w1");
            Waiting.Until(() => RunFiles.Read(Path.Combine(run, "metrics.jsonl")).Contains("\"generation\":2", StringComparison.Ordinal), "generation 2");
            dyt.Signal("INT");
            var stopped = dyt.Wait();
            Assert.True(stopped.ExitCode == 0, stopped.All);
            Assert.Contains("--resume", stopped.All, StringComparison.Ordinal);
        }

        var resumed = Dyt.Run("train", "--resume", run, "--workers", "2");
        Assert.True(resumed.ExitCode == 0, resumed.All);
        Assert.Equal(expected, RunFiles.WeightsHash(run));

        var export = Path.Combine(_scratch.Folder, "weights.safetensors");
        var exported = Dyt.Run("export", run, "--out", export);
        Assert.True(exported.ExitCode == 0, exported.All);
        Assert.True(new FileInfo(export).Length > 10_000);
        var evaluated = Dyt.Run("eval", run);
        Assert.True(evaluated.ExitCode == 0, evaluated.All);
    }

    public void Dispose() => _scratch.Dispose();

    private string Train(string config, string folder, params string[] more)
    {
        var output = Path.Combine(_scratch.Folder, folder);
        var done = Dyt.Run(["train", config, "--set", $"output={output}", .. more]);
        Assert.True(done.ExitCode == 0, done.All);
        return Directory.GetDirectories(output).Single();
    }

    /// <summary>Small, with everything that draws random numbers, calibration and averaged weights.</summary>
    private string Config(string arch, string source) => $$"""
        name: {{arch}}
        model:
          arch: {{arch}}
          layers: 2
          heads: 2
          d_model: 32
          block: 32
          dropout: 0.1
          position: sinusoidal
          vit: {patch: 4, drop_path: 0.1}
        stages: [{kind: calibrate, batches: 4}, {kind: train}]
        data:
          source: {{source}}
          cache: {{Path.Combine(_scratch.Folder, "cache")}}
          tokenizer: {kind: bytes}
          images: {padding: 1, mirror: true, mixup: 0.3}
          pairs: {bucket: 4, test_fraction: 0.05}
        train: {steps: 300, global_batch: 16, micro_batch: 2, eval_every: 100, eval_batches: 4}
        optimizer: {lr: 2.0e-3, ema: 0.9}
        schedule: {warmup: 5}
        checkpoint: {every: 100}
        cluster: {threads_per_worker: 1, bucket_mb: 0.0625}
        sample: {prompt: ""}
        """;

    private string Sentences() => _scratch.File("text.txt", string.Concat(Enumerable.Range(0, 2000).Select(i => $"The method number {i} returns the value {i * 7 % 13} of the list. ")));

    private string Pairs()
    {
        var random = new Random(3);
        return _scratch.File("pairs.tsv", string.Concat(Enumerable.Range(0, 600).Select(_ =>
        {
            var digits = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => (char)('0' + random.Next(6))));
            return $"{digits}\t{string.Concat(digits.Select(d => (char)(d - '0' + 'a')))}\n";
        })));
    }

    /// <summary>IDX files of 8 x 8 grey pixels: the class is where the bright half lies.</summary>
    private string Images()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_scratch.Folder, "images")).FullName;
        foreach (var (name, count) in new[] { ("train", 200), ("t10k", 40) })
        {
            var random = new Random(count);
            var pixels = new List<byte> { 0, 0, 8, 3, 0, 0, 0, (byte)count, 0, 0, 0, 8, 0, 0, 0, 8 };
            var labels = new List<byte> { 0, 0, 8, 1, 0, 0, 0, (byte)count };
            for (var i = 0; i < count; i++)
            {
                labels.Add((byte)(i % 2));
                for (var at = 0; at < 64; at++)
                    pixels.Add((byte)((at < 32 == (i % 2 == 0) ? 150 : 20) + random.Next(80)));
            }

            File.WriteAllBytes(Path.Combine(folder, $"{name}-images-idx3-ubyte"), [.. pixels]);
            File.WriteAllBytes(Path.Combine(folder, $"{name}-labels-idx1-ubyte"), [.. labels]);
        }

        return folder;
    }
}
