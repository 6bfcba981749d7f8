using System.CommandLine;
using DyT.Model;
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
            var (ours, library) = MatrixRates(budget);
            rows.Add([$"fp32 matrix product [{Size}, {Size}] as layers make it, {threads} thread(s)", Report.Number(ours / 1e9, "0.0") + " GFLOP/s"]);
            rows.Add([$"the same by libtorch, {threads} thread(s)", Report.Number(library / 1e9, "0.0") + " GFLOP/s"]);
        }

        for (var threads = 1; threads <= Environment.ProcessorCount; threads *= 2)
            rows.Add([$"memory copy of {CopyBytes >> 20} MiB, each of {threads} thread(s) at once", Report.Number(CopyRate(threads, budget) / 1e9, "0.0") + " GB/s"]);
        Report.Print("machine", ["limit", "median"], rows);
        return 0;
    }

    private static (double Ours, double Library) MatrixRates(TimeSpan budget)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var a = torch.full([Size, Size], 0.5f);
        var b = torch.full([Size, Size], 0.25f);
        var times = Interleaved.Measure([new Contender("ours", () => TensorProducts.Of(a, b).Dispose()), new Contender("libtorch", () => torch.mm(a, b).Dispose())], budget);
        const double flops = 2.0 * Size * Size * Size;
        return (flops / times[0].Median, flops / times[1].Median);
    }

    /// <summary>Bytes per second that each of so many threads copies while all do.</summary>
    private static double CopyRate(int threads, TimeSpan budget)
    {
        var buffers = Enumerable.Range(0, threads).Select(_ => (From: new byte[CopyBytes], To: new byte[CopyBytes])).ToArray();
        void Copy(int thread) => buffers[thread].From.CopyTo(buffers[thread].To.AsSpan());
        var timing = Interleaved.Measure([new Contender("copy", () => Parallel.For(0, threads, Copy))], budget)[0];
        return CopyBytes / timing.Median;
    }
}
