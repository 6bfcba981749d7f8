using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>What backward says of its progress, against the gradients as they stand at that moment and at the end.</summary>
public sealed class GradientMarksTests
{
    private const int Vocab = 23;
    private const int Layers = 3;

    /// <summary>Copies the whole gradient buffer at every mark.</summary>
    private sealed class Snapshots(ParameterSet parameters) : IStepProgress
    {
        public List<(int Mark, int Thread, float[] Gradients)> Taken { get; } = [];

        public void OnFinal(int mark) => Taken.Add((mark, Environment.CurrentManagedThreadId, parameters.Gradients.ToArray()));
    }

    private static ModelConfig Config(PositionKind position, MlpKind mlp, bool tied, double dropout) => new()
    {
        Layers = Layers, Heads = 2, DModel = 16, Block = 8, Bias = true, Position = position, Mlp = mlp, TiedEmbeddings = tied, Dropout = dropout, EmbeddingScale = true,
    };

    private static (Tensor Inputs, Tensor Targets) Batch()
    {
        var random = new Random(1);
        long[] Some() => [.. Enumerable.Range(0, 24).Select(_ => (long)random.Next(Vocab))];
        return (tensor(Some(), [3, 8]), tensor(Some(), [3, 8]));
    }

    [Theory]
    [InlineData(PositionKind.Learned, MlpKind.Gelu, true, 0)]
    [InlineData(PositionKind.Learned, MlpKind.Gelu, false, 0.2)]
    [InlineData(PositionKind.T5, MlpKind.Gelu, true, 0)]
    [InlineData(PositionKind.Rope, MlpKind.Swiglu, false, 0)]
    [InlineData(PositionKind.Alibi, MlpKind.Swiglu, true, 0.2)]
    public void What_is_said_to_be_final_changes_no_more(PositionKind position, MlpKind mlp, bool tied, double dropout)
    {
        var model = Config(position, mlp, tied, dropout);
        var layout = FlatLayout.Of(GptParameters.Table(model, Vocab));
        using var parameters = ParameterSet.Allocate(layout, withGradients: true);
        parameters.Initialize(5);
        using var gpt = new GptModel(model, parameters);
        var marks = GradientMarks.Of(model, layout);
        var snapshots = new Snapshots(parameters);
        Backward(gpt, parameters, snapshots);
        var final = parameters.Gradients.ToArray();

        Assert.Equal(Enumerable.Range(0, marks.End), snapshots.Taken.Select(s => s.Mark));
        Assert.All(snapshots.Taken, s => Assert.Equal(Environment.CurrentManagedThreadId, s.Thread));
        foreach (var (entry, at) in layout.Entries.Zip(marks.OfEntries))
        {
            var values = final.AsSpan(entry.Offset, entry.Length);
            foreach (var (mark, _, gradients) in snapshots.Taken)
            {
                var then = gradients.AsSpan(entry.Offset, entry.Length);
                if (mark >= at)
                    Assert.Equal(values, then);
                else
                    Assert.False(then.SequenceEqual(values), $"{entry.Spec.Name} is final before mark {mark} already");
            }
        }
    }

    [Theory]
    [InlineData(PositionKind.Learned, MlpKind.Gelu, true, RecomputeKind.None)]
    [InlineData(PositionKind.T5, MlpKind.Gelu, false, RecomputeKind.Block)]
    [InlineData(PositionKind.Rope, MlpKind.Swiglu, false, RecomputeKind.None)]
    public void Forward_reads_nothing_before_it_says_so(PositionKind position, MlpKind mlp, bool tied, RecomputeKind recompute)
    {
        var model = Config(position, mlp, tied, dropout: 0.2) with { Residual = new ResidualConfig { Kind = ResidualKind.Scalars } };
        var layout = FlatLayout.Of(GptParameters.Table(model, Vocab));
        using var parameters = ParameterSet.Allocate(layout, withGradients: true);
        parameters.Initialize(5);
        using var gpt = new GptModel(model, parameters, recompute);
        ArrivingForward.AssertReadsWhatItSays(gpt, parameters, GradientMarks.Of(model, layout), () =>
        {
            var (inputs, targets) = Batch();
            return new TextBatch(inputs, targets);
        });
    }

    [Fact]
    public void Marks_change_no_gradient_and_leave_nothing_behind()
    {
        var model = Config(PositionKind.Learned, MlpKind.Gelu, tied: true, dropout: 0.2);
        using var parameters = ParameterSet.Allocate(FlatLayout.Of(GptParameters.Table(model, Vocab)), withGradients: true);
        parameters.Initialize(5);
        using var gpt = new GptModel(model, parameters);
        Backward(gpt, parameters, null);
        var without = parameters.Gradients.ToArray();
        Backward(gpt, parameters, new Snapshots(parameters));
        Assert.Equal(without, parameters.Gradients.ToArray());

        GC.Collect();
        GC.WaitForPendingFinalizers();
        var (tensors, nodes) = (Tensor.TotalCount, GraphNode.Alive);
        for (var i = 0; i < 50; i++)
            Backward(gpt, parameters, new Snapshots(parameters));
        Assert.Equal((tensors, nodes), (Tensor.TotalCount, GraphNode.Alive));
    }

    private static void Backward(GptModel gpt, ParameterSet parameters, IStepProgress? progress)
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Batch();
        parameters.ZeroGradients();
        manual_seed(7);
        Autograd.Backward(gpt.Loss(inputs, targets, training: true, progress));
    }
}
