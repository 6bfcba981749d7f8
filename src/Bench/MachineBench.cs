using System.CommandLine;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Bench;

/// <summary><c>dyt bench machine</c>: the limits that the other figures are held against.</summary>
public static class MachineBench
{
    private const int Size = 2048;
    private const int CopyBytes = 64 << 20;

    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { Description = "Time for each figure.", DefaultValueFactory = _ => 2 };
        var command = new Command("machine", "Matrix-multiply rate and memory-copy rate of this machine.") { seconds };
        command.SetAction(parse => Run(TimeSpan.FromSeconds(parse.GetValue(seconds))));
        return command;
    }

    private static int Run(TimeSpan budget)
    {
        NativeRuntime.Load();
        var rows = new List<string[]>();
        for (var threads = 1; threads <= Environment.ProcessorCount; threads *= 2)
        {
            torch.set_num_threads(threads);
            rows.Add([$"fp32 matrix product [{Size}, {Size}], {threads} thread(s)", Report.Number(MatrixRate(budget) / 1e9, "0.0") + " GFLOP/s"]);
        }

        var (from, to) = (new byte[CopyBytes], new byte[CopyBytes]);
        var copy = Interleaved.Measure([new Contender("copy", () => from.CopyTo(to.AsSpan()))], budget)[0];
        rows.Add(["memory copy of 64 MiB, 1 thread", Report.Number(CopyBytes / copy.Median / 1e9, "0.0") + " GB/s"]);
        Report.Print("machine", ["limit", "median"], rows);
        return 0;
    }

    private static double MatrixRate(TimeSpan budget)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var a = torch.full([Size, Size], 0.5f);
        var b = torch.full([Size, Size], 0.25f);
        var timing = Interleaved.Measure([new Contender("mm", () => torch.mm(a, b).Dispose())], budget)[0];
        return 2.0 * Size * Size * Size / timing.Median;
    }
}
