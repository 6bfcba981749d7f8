using DyT.Config;
using DyT.Model;
using static TorchSharp.torch;

namespace DyT.Bench;

/// <summary>
/// The operations of a step, each timed alone at its shape, forward and backward together. Operations that share memory and caches with others in a step cost
/// there more than here; the sum says how much of the step is explained.
/// </summary>
internal static class ModelProfile
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    /// <summary>One operation: how often a step has it and one execution of it.</summary>
    private sealed record Operation(string Name, int Count, Action Run);

    public static void Print(ModelTiming timing)
    {
        using var scope = NewDisposeScope();
        var operations = Operations(timing.Run, timing.Model).ToList();
        var rows = operations
            .Select(o => (o.Name, o.Count, Each: Interleaved.Measure([new Contender(o.Name, o.Run)], Budget)[0].Median))
            .OrderByDescending(r => r.Count * r.Each)
            .ToList();
        Report.Print(
            $"{timing.Model.Name}: its operations alone, forward and backward",
            ["operation", "times", "each", "all", "share of the step"],
            rows.Select(r => (string[])
            [
                r.Name,
                $"{r.Count}",
                Report.Duration(r.Each),
                Report.Duration(r.Count * r.Each),
                Report.Number(100 * r.Count * r.Each / timing.Step.Median, "0.0") + " %",
            ]));
    }

    private static IEnumerable<Operation> Operations(RunConfig run, BenchedModel batch)
    {
        var model = run.Model;
        var (rows, width, layers) = (batch.Tokens, model.DModel, model.Layers);
        foreach (var (name, outputs, inputs) in new[]
        {
            ("linear qkv", 3 * width, width), ("linear attention out", width, width),
            ("linear up", model.EffectiveDFf, width), ("linear down", width, model.EffectiveDFf),
        })
        {
            yield return LinearLayer(name, run, rows, outputs, inputs);
        }

        yield return OutputAndLoss(rows, width, batch.Vocab, run.Train.Products);
        yield return Pass("gelu", layers, [rows, model.EffectiveDFf], x => BiasedGelu.Forward(x, null));
        yield return Pass("residual add", 2 * layers, [rows, width], x => x.add(x.detach()));
        yield return Attention(model, batch);
        yield return Embedding(model, batch);
    }

    // Its parameters live as long as the process: it prints and ends.
    private static Operation LinearLayer(string name, RunConfig run, int rows, int outputs, int inputs)
    {
        var parameters = ParameterSet.Allocate(FlatLayout.Of([.. Linear.Table(name, outputs, inputs, std: 0.02, run.Model.Bias)]), withGradients: true, run.Train.Products);
        parameters.Initialize(seed: 1);
        var layer = new Linear(parameters, name);
        var x = randn(rows, inputs).requires_grad_();
        var g = randn(rows, outputs);
        return new Operation(name, run.Model.Layers, () =>
        {
            using var scope = NewDisposeScope();
            parameters.BeginGradients();
            layer.Forward(x.view(rows, inputs)).backward([g]);
            x.grad = null;
        });
    }

    private static Operation Attention(ModelConfig model, BenchedModel batch)
    {
        var (heads, kvHeads, d) = (model.Heads, model.EffectiveKvHeads, model.HeadWidth);
        return Pass("attention", model.Layers, [batch.Batch, batch.Length, (heads + 2 * kvHeads) * d], new BlockedAttention(heads, kvHeads, d, rotary: null).Forward);
    }

    private static Operation OutputAndLoss(int rows, int width, int vocab, ProductKind products)
    {
        var output = new OutputLoss(Leaf([vocab, width]), products: products);
        var x = randn(rows, width).requires_grad_();
        var targets = Tokens(rows, vocab);
        return new Operation("output layer and loss", 1, () =>
        {
            using var scope = NewDisposeScope();
            output.Forward(x, targets).backward();
            x.grad = null;
        });
    }

    private static Operation Embedding(ModelConfig model, BenchedModel batch)
    {
        var table = Leaf([batch.Vocab, model.DModel]);
        var tokens = Tokens(batch.Tokens, batch.Vocab);
        var g = randn(batch.Tokens, model.DModel);
        return new Operation("embedding", 1, () =>
        {
            using var scope = NewDisposeScope();
            table.index_select(0, tokens).backward([g]);
        });
    }

    private static Operation Pass(string name, int count, long[] shape, Func<Tensor, Tensor> forward)
    {
        var x = randn(shape).requires_grad_();
        Tensor? g = null;
        return new Operation(name, count, () =>
        {
            using var scope = NewDisposeScope();
            var y = forward(x.view(shape));
            g ??= ones_like(y).DetachFromDisposeScope();
            y.backward([g]);
            x.grad = null;
        });
    }

    private static Tensor Leaf(long[] shape)
    {
        var leaf = randn(shape).mul_(0.02f).requires_grad_();
        leaf.grad = zeros_like(leaf);
        return leaf;
    }

    private static Tensor Tokens(int count, int vocab) => randint(0, vocab, [count], dtype: ScalarType.Int64);
}
