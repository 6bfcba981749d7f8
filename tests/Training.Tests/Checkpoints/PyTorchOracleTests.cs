using System.Diagnostics;
using System.Text.Json;
using DyT.Config;
using DyT.Model;
using DyT.Training.Checkpoints;
using DyT.Training.Session;
using TorchSharp;

namespace DyT.Training.Tests.Checkpoints;

/// <summary>Exported weights read by PyTorch through a script that shares nothing with this code: the same logits. Needs python3 with torch.</summary>
public sealed class PyTorchOracleTests
{
    // Debian's python3-torch belongs to the system's own python3.
    private static readonly string? Python = new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(HasTorch);

    public static TheoryData<SiteKind, MlpKind, PositionKind, int> Models => new()
    {
        { SiteKind.Dyt, MlpKind.Gelu, PositionKind.Learned, 4 },
        { SiteKind.Dyt, MlpKind.Swiglu, PositionKind.Rope, 2 },
        { SiteKind.Derf, MlpKind.Gelu, PositionKind.Alibi, 4 },
        { SiteKind.Dyisru, MlpKind.Swiglu, PositionKind.None, 4 },
        { SiteKind.Layernorm, MlpKind.Gelu, PositionKind.Learned, 4 },
        { SiteKind.Rmsnorm, MlpKind.Swiglu, PositionKind.Rope, 1 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Exported_weights_give_the_same_logits_in_pytorch(SiteKind site, MlpKind mlp, PositionKind position, int kvHeads)
    {
        Assert.SkipWhen(Python is null, "python3 with torch is not installed (Debian: python3-torch)");
        const int vocab = 31;
        var model = new ModelConfig
        {
            Layers = 2, Heads = 4, KvHeads = kvHeads, DModel = 32, Block = 16, Mlp = mlp, Position = position, Bias = mlp == MlpKind.Gelu,
            TiedEmbeddings = mlp == MlpKind.Gelu, EmbeddingScale = mlp == MlpKind.Swiglu, Site = new SiteConfig { Kind = site },
        };
        var layout = FlatLayout.Of(GptParameters.Table(model, vocab));
        using var parameters = ParameterSet.Allocate(layout, withGradients: false);
        var random = new Random(9);
        foreach (ref var weight in parameters.Weights.Span)
            weight = (float)(random.NextDouble() - 0.5) * 0.6f;
        foreach (var entry in layout.Entries.Where(e => e.Spec.Kind == ParameterKind.SiteScalar))
            parameters.Weights.Span[entry.Offset] = 0.7f; // b must be positive
        using var gpt = new GptModel(model, parameters);
        using var scratch = new Scratch();
        using (var file = File.Create(scratch.At("weights")))
            SafetensorsFile.Write(file, StateTensors.Named(parameters.Weights, StoredNames.Of(layout, model), ""), new Dictionary<string, string> { ["format"] = "pt" });
        long[] tokens = [.. Enumerable.Range(0, 16).Select(_ => (long)random.Next(vocab))];
        File.WriteAllText(scratch.At("tokens"), JsonSerializer.Serialize(tokens));
        File.WriteAllText(scratch.At("model"), JsonSerializer.Serialize(new
        {
            layers = model.Layers, heads = model.Heads, kv_heads = kvHeads, mlp = Word(mlp), position = Word(position), site = Word(site), eps = model.Site.Eps,
        }));

        var (exitCode, error) = Run(Python!, Script(), scratch.At("weights"), scratch.At("model"), scratch.At("tokens"), scratch.At("logits"));
        Assert.True(exitCode == 0, error);
        var theirs = JsonSerializer.Deserialize<float[][]>(File.ReadAllText(scratch.At("logits")))!;

        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var ours = gpt.Logits(torch.tensor(tokens).unsqueeze(0))[0];
        for (var t = 0; t < tokens.Length; t++)
        {
            for (var v = 0; v < vocab; v++)
                Assert.Equal(theirs[t][v], ours[t, v].item<float>(), 1e-4f);
        }
    }

    private static string Word<T>(T word)
        where T : struct, Enum => word.ToString().ToLowerInvariant();

    private static string Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "tests", "oracle", "logits.py");
            if (File.Exists(script))
                return script;
        }

        throw new DirectoryNotFoundException("the tests run outside of a checkout");
    }

    private static bool HasTorch(string python)
    {
        try
        {
            return Run(python, "-c", "import torch").ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }

    private static (int ExitCode, string Error) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
