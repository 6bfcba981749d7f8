using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>Forward with weights that come as late as they may: everything is NaN until forward says that it is about to read it.</summary>
internal sealed class ArrivingForward : IStepProgress
{
    private readonly ParameterSet _parameters;
    private readonly GradientMarks _marks;
    private readonly float[] _weights;
    private readonly List<int> _passed = [];

    private ArrivingForward(ParameterSet parameters, GradientMarks marks)
    {
        (_parameters, _marks, _weights) = (parameters, marks, parameters.Weights.ToArray());
        foreach (var entry in parameters.Layout.Entries)
            parameters.Weights.Span.Slice(entry.Offset, entry.Length).Fill(float.NaN);
        Arrive(marks.End);
    }

    /// <summary>Asserts that the loss is the same as with all weights there from the beginning, and that the head is passed last.</summary>
    public static void AssertReadsWhatItSays(INetwork network, ParameterSet parameters, GradientMarks marks, Func<MicroBatch> batch)
    {
        using var scope = NewDisposeScope();
        var expected = Loss(network, parameters, batch, null);
        var arriving = new ArrivingForward(parameters, marks);
        Assert.Equal(expected, Loss(network, parameters, batch, arriving));
        Assert.Equal(GradientMarks.Head, arriving._passed[^1]);
        Assert.Equal(arriving._weights, parameters.Weights.ToArray()); // nothing has a mark that forward never passes
    }

    public void BeforeForward(int mark)
    {
        Assert.True(_passed.Count == 0 || mark < _passed[^1]);
        _passed.Add(mark);
        Arrive(mark);
    }

    public void OnFinal(int mark)
    {
    }

    private static float Loss(INetwork network, ParameterSet parameters, Func<MicroBatch> batch, IStepProgress? progress)
    {
        parameters.BeginGradients();
        manual_seed(7);
        return network.Loss(batch(), training: true, progress).item<float>();
    }

    private void Arrive(int mark)
    {
        foreach (var (entry, at) in _parameters.Layout.Entries.Zip(_marks.OfEntries))
        {
            if (at == mark)
                _weights.AsSpan(entry.Offset, entry.Length).CopyTo(_parameters.Weights.Span.Slice(entry.Offset, entry.Length));
        }
    }
}
