using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using DyT.Config;
using DyT.Model;
using DyT.Training.Session;

namespace DyT.Bench;

/// <summary><c>dyt bench model</c>: one worker's step with everything included, as tokens/s and as share of the machine's matrix-multiply rate (MFU).</summary>
public static class ModelBench
{
    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { Description = "Time for each model.", DefaultValueFactory = _ => 30 };
        var threads = new Option<int>("--threads") { Description = "Threads of the worker.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var name = new Option<string?>("--model") { Description = $"Only this one: {string.Join(", ", BenchedModel.All.Select(m => m.Name))}." };
        var products = new Option<ProductKind>("--products") { Description = "Numbers in which matrices are multiplied, as train.products; MFU is a share of the rate in the same numbers." };
        var profile = new Option<bool>("--profile") { Description = "Also where the time of a step goes: its phases, and its operations timed alone." };
        var json = new Option<bool>("--json") { Description = "One line of JSON per model, for bench/model.py." };
        var command = new Command("model", "A worker's whole step: tokens/s and MFU.") { seconds, threads, name, products, profile, json };
        command.SetAction(parse =>
        {
            TorchSetup.Apply(parse.GetValue(threads));
            var budget = TimeSpan.FromSeconds(parse.GetValue(seconds));
            var results = BenchedModel.Named(parse.GetValue(name)).Select(model => Measure(model, parse.GetValue(products), budget)).ToList();
            if (parse.GetValue(json))
                results.ForEach(r => Console.WriteLine(JsonSerializer.Serialize(new { model = r.Model.Name, seconds = r.Step.Median, tokens = r.Model.Tokens, rate = r.Rate, mfu = r.Mfu, mfuOfBest = r.MfuOfBest })));
            else
                Print(results, parse.GetValue(threads), parse.GetValue(products));
            if (parse.GetValue(profile))
                results.ForEach(PrintProfile);
            return 0;
        });
        return command;
    }

    private static ModelTiming Measure(BenchedModel model, ProductKind products, TimeSpan budget)
    {
        var run = model.Run(products);
        using var step = new WorkerStep(run);
        using var product = new MatrixProduct(products);
        var phases = WorkerStep.PhaseNames.Select(_ => new List<double>()).ToList();
        var (faults, stepWork, productWork) = (new List<double>(), new List<double>(), new List<double>());

        void Product()
        {
            var before = Environment.CpuUsage.TotalTime;
            product.Run();
            productWork.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        void Step()
        {
            var before = (Faults: PageFaults.Minor(), Work: Environment.CpuUsage.TotalTime);
            step.Run();
            stepWork.Add((Environment.CpuUsage.TotalTime - before.Work).TotalSeconds);
            faults.Add(PageFaults.Minor() - before.Faults);
            for (var i = 0; i < phases.Count; i++)
                phases[i].Add(step.PhaseSeconds[i]);
        }

        var times = Interleaved.Measure([new Contender("product", Product), new Contender("step", Step)], budget);
        return new ModelTiming(
            model,
            run,
            times[1],
            MatrixProduct.Flops / times[0].Median,
            MatrixProduct.Flops / times[0].Fastest,
            ModelCost.Of(run.Model, new TextShape(model.Vocab)).TrainingFlopsPerToken * model.Tokens,
            [.. phases.Select(Interleaved.Median)],
            Interleaved.Median(faults),
            productWork.Min() / MatrixProduct.Flops,
            Interleaved.Median(stepWork),
            Process.GetCurrentProcess().PeakWorkingSet64);
    }

    private static void Print(List<ModelTiming> results, int threads, ProductKind products) =>
        Report.Print(
            $"one worker's step, forward, backward, clipping, AdamW; {threads} thread(s), products in {products.ToString().ToLowerInvariant()}",
            ["model", "batch", "step, median", "tokens/s", "GFLOP/s", "product, GFLOP/s", "MFU", "MFU of the best product", "MFU by processor time", "page faults", "memory"],
            results.Select(r => (string[])
            [
                r.Model.Name,
                $"{r.Model.Batch} x {r.Model.Length}",
                Report.Duration(r.Step.Median),
                Report.Number(r.Model.Tokens / r.Step.Median, "0"),
                Report.Number(r.Flops / r.Step.Median / 1e9, "0.0"),
                Report.Number(r.Rate / 1e9, "0.0"),
                Report.Number(100 * r.Mfu, "0.0") + " %",
                Report.Number(100 * r.MfuOfBest, "0.0") + " %",
                Report.Number(100 * r.MfuOfWork, "0.0") + " %",
                Report.Number(r.Faults, "0"),
                Report.Number(r.PeakBytes / 1e6, "0") + " MB",
            ]));

    private static void PrintProfile(ModelTiming timing)
    {
        Console.WriteLine();
        Report.Print(
            $"{timing.Model.Name}: phases of a step",
            ["phase", "median", "share"],
            WorkerStep.PhaseNames.Zip(timing.Phases, (name, seconds) => (string[])
                [name, Report.Duration(seconds), Report.Number(100 * seconds / timing.Step.Median, "0.0") + " %"]));
        Console.WriteLine();
        ModelProfile.Print(timing);
    }
}

/// <summary>What was measured of one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Run">The run that its step belongs to.</param>
/// <param name="Step">A whole step.</param>
/// <param name="Rate">FLOP/s of the matrix products between the steps, median.</param>
/// <param name="BestRate">Of the fastest one.</param>
/// <param name="Flops">FLOPs of a step, as <see cref="ModelCost"/> counts.</param>
/// <param name="Phases">Medians in seconds, as <see cref="WorkerStep.PhaseNames"/>.</param>
/// <param name="Faults">Minor page faults of a step, median.</param>
/// <param name="WorkPerFlop">Processor seconds of the cheapest product per FLOP.</param>
/// <param name="StepWork">Processor seconds of a step, median.</param>
/// <param name="PeakBytes">The most memory that the process ever had resident.</param>
public sealed record ModelTiming(
    BenchedModel Model, RunConfig Run, Timing Step, double Rate, double BestRate, double Flops, IReadOnlyList<double> Phases, double Faults, double WorkPerFlop, double StepWork, double PeakBytes)
{
    /// <summary>The same by processor time, which other programs on the machine disturb less. Only fair for one thread: threads that wait spin.</summary>
    public double MfuOfWork => Flops * WorkPerFlop / StepWork;

    /// <summary>Share of the machine's matrix-multiply rate.</summary>
    public double Mfu => Flops / Step.Median / Rate;

    /// <summary>Share of the rate of the fastest product: lower where the machine's speed wanders, since a step's is the median's.</summary>
    public double MfuOfBest => Flops / Step.Median / BestRate;
}
