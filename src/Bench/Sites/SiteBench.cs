using System.CommandLine;
using DyT.Config;
using DyT.Model;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Bench;

/// <summary>
/// <c>dyt bench site</c>: forward and backward of every kind of site, the fused kernels beside the same site of libtorch's operations, and beside libtorch's
/// own layer_norm, which is what people would use.
/// </summary>
public static class SiteBench
{
    private static readonly (int Rows, int Width)[] Shapes = [(2048, 768), (4096, 384), (8192, 1024)];

    private static readonly SiteKind[] Kinds = [SiteKind.Dyt, SiteKind.Derf, SiteKind.Dyisru, SiteKind.Layernorm, SiteKind.Rmsnorm];

    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { Description = "Time for each shape, type and number of threads.", DefaultValueFactory = _ => 10 };
        var command = new Command("site", "Sites forward and backward: fused kernels, libtorch's operations, libtorch's layer_norm.") { seconds };
        command.SetAction(parse => Run(TimeSpan.FromSeconds(parse.GetValue(seconds))));
        return command;
    }

    private static int Run(TimeSpan budget)
    {
        NativeRuntime.Load();
        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            foreach (var (rows, width) in Shapes)
            {
                for (var threads = 1; threads <= Environment.ProcessorCount; threads *= 2)
                {
                    set_num_threads(threads);
                    Compare(rows, width, dtype, threads, budget);
                }
            }
        }

        return 0;
    }

    private static void Compare(int rows, int width, ScalarType dtype, int threads, TimeSpan budget)
    {
        using var scope = NewDisposeScope();
        using var cases = new SiteCases(rows, width, dtype);
        var contenders = Kinds.SelectMany(kind => (Contender[])
        [
            new(Fused(kind), cases.Pass(kind, fused: true)),
            new(Composite(kind), cases.Pass(kind, fused: false)),
        ]).ToList();
        var times = Interleaved.Measure(contenders, budget).ToDictionary(t => t.Name);

        double Ratio(string a, string b) => times[a].Median / times[b].Median;
        var table = times.Values.Select(t => (string[])
        [
            t.Name,
            Report.Duration(t.Median),
            Report.Duration(t.Fastest),
            Report.Number(Ratio(t.Name, Composite(SiteKind.Layernorm))),
            Report.Number(Ratio(t.Name, Composite(SiteKind.Dyt))),
            Report.Number(Ratio(t.Name, Fused(SiteKind.Layernorm))),
        ]);
        var type = dtype == ScalarType.Float32 ? "fp32" : "bf16";
        Report.Print(
            $"[{rows}, {width}] {type}, {threads} thread(s), forward + backward, {times.Values.First().Count} turns",
            ["site", "median", "fastest", "to libtorch's layer_norm", "to eager DyT", "to our LayerNorm"],
            table);
        Console.WriteLine();
    }

    private static string Fused(SiteKind kind) => $"{Name(kind)}, fused";

    private static string Composite(SiteKind kind) => kind == SiteKind.Layernorm ? "layer_norm of libtorch" : $"{Name(kind)}, eager";

    private static string Name(SiteKind kind) => kind switch
    {
        SiteKind.Dyt => "DyT",
        SiteKind.Derf => "Derf",
        SiteKind.Dyisru => "DyISRU",
        SiteKind.Layernorm => "LayerNorm",
        _ => "RMSNorm",
    };
}
