using System.CommandLine;
using System.Diagnostics;
using DyT.Config;
using DyT.Model;
using DyT.Training.Checkpoints;
using DyT.Training.Session;
using TorchSharp;

namespace DyT.Bench.Checkpoints;

/// <summary>
/// <c>dyt bench checkpoint</c>: what a checkpoint of weights and moments costs the step after it, written in the background, and at once. Steps are real: forward
/// and backward of the model, then its optimizer.
/// </summary>
internal static class CheckpointBench
{
    private const int Vocab = 50304; // GPT-2's, padded as its preset does
    private static readonly TrainingState Position = new() { Step = 1, EvaluatedStep = 0, Seed = 0, DataHash = "", VocabHash = "", Threads = 1 };

    public static Command Command()
    {
        var preset = new Option<string>("--preset") { Description = "Model.", DefaultValueFactory = _ => "gpt2-124m" };
        var block = new Option<int>("--block") { Description = "Tokens of a step.", DefaultValueFactory = _ => 256 };
        var turns = new Option<int>("--turns") { Description = "Checkpoints of each kind.", DefaultValueFactory = _ => 5 };
        var folder = new Option<string?>("--folder") { Description = "Where to write; the system's temporary folder when left out." };
        var threads = new Option<int>("--threads") { Description = "Computing threads.", DefaultValueFactory = _ => 1 };
        var command = new Command("checkpoint", "The stall of a step by a checkpoint in the background, beside a synchronous write.") { preset, block, turns, folder, threads };
        command.SetAction(parse => Run(parse.GetValue(preset)!, parse.GetValue(block), parse.GetValue(turns), parse.GetValue(folder), parse.GetValue(threads)));
        return command;
    }

    private static int Run(string preset, int block, int turns, string? folder, int threads)
    {
        var config = ConfigLoader.Parse("", "bench checkpoint", [$"model.preset={preset}", $"model.block={block}", "model.dropout=0"]);
        TorchSetup.Apply(threads);
        using var scratch = new ScratchFolder(folder);
        using var state = TrainerState.Create(config, new TextShape(Vocab));
        var store = new CheckpointStore(scratch.Path);
        var weights = StateTensors.Weights(state, config.Model);
        var moments = StateTensors.Optimizer(state.Moments.Segments[0].Values, state, config.Model);
        using var writer = new BackgroundCheckpointer(store, (_, _) => { });

        double[] Times() => new double[turns];
        var (plain, background, wait, direct, write) = (Times(), Times(), Times(), Times(), Times());
        for (var turn = -1; turn < turns; turn++) // the first time, all memory is touched for the first time
        {
            var without = Seconds(() => Step(state, block, () => { }));
            writer.Flush();
            var waiting = 0.0;
            var beside = Seconds(() =>
            {
                writer.Submit(weights, moments, Position, keepLast: 1, bestStep: null);
                Step(state, block, () => waiting = Seconds(writer.AwaitCopied));
            });
            writer.Flush();
            var writing = 0.0;
            var synchronous = Seconds(() =>
            {
                writing = Seconds(() => store.Save(weights, moments, Position));
                Step(state, block, () => { });
            });
            if (turn >= 0)
                (plain[turn], background[turn], wait[turn], direct[turn], write[turn]) = (without, beside, waiting, synchronous, writing);
        }

        var step = Interleaved.Median(plain);
        var written = Interleaved.Median(write);
        // Pair by pair: the machine may be faster in one turn than in another.
        var stall = Interleaved.Median(background.Zip(plain, (with, without) => with - without));
        var waited = Interleaved.Median(wait);
        var whole = Interleaved.Median(direct.Zip(plain, (with, without) => with - without));
        var bytes = weights.Concat(moments).Sum(t => (long)t.Values.Length) * sizeof(float);
        Report.Print(
            $"checkpoint of {preset}, {Report.Number(bytes / 1e9)} GB, step of {Report.Duration(step)}, medians of {turns}",
            ["how", "stall of the step", "of the time of the write"],
            [
                ["in the background", Report.Duration(Math.Max(0, stall)), Report.Number(stall / written * 100, "0.0") + " %"],
                ["of it waiting for the copy (the rest: cores and memory shared with the writer)", Report.Duration(waited), Report.Number(waited / written * 100, "0.0") + " %"],
                ["synchronous", Report.Duration(whole), Report.Number(whole / written * 100, "0.0") + " %"],
                ["the write itself", Report.Duration(written), ""],
            ]);
        return 0;
    }

    /// <summary>One step on made-up tokens; <paramref name="beforeUpdate"/> is called when the weights are about to change.</summary>
    private static void Step(TrainerState state, int block, Action beforeUpdate)
    {
        state.Parameters.BeginGradients();
        using (torch.NewDisposeScope())
        {
            var tokens = torch.arange(block + 1, torch.ScalarType.Int64).unsqueeze(0); // [1, T + 1]
            var loss = state.Network.Loss(new TextBatch(tokens.narrow(1, 0, block).contiguous(), tokens.narrow(1, 1, block).contiguous()), training: true);
            Autograd.Backward(loss);
        }

        beforeUpdate();
        state.Update(1, 1e-6, 1f, state.Parameters.Gradients.Span);
    }

    private static double Seconds(Action action)
    {
        var begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
