using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>x + RNN(site(x)), the branch perhaps times a learned scalar: one product projects all positions' inputs, then the recurrence goes over them.</summary>
/// <param name="model">The architecture.</param>
/// <param name="parameters">Its weights.</param>
/// <param name="layer">From 0.</param>
/// <param name="probe">Whoever looks inside.</param>
internal sealed class RecurrentLayer(ModelConfig model, ParameterSet parameters, int layer, NetworkProbe probe)
{
    private readonly ISite _site = Sites.Create(Names.AttentionSite(Names.Block(layer)), model.Site.EffectiveAttention, model.Site, parameters, probe);
    private readonly Linear _input = new(parameters, RnnNames.InputProjection(Names.Block(layer)));
    private readonly RecurrentCell _cell = new(model, parameters, Names.Block(layer), probe);
    private readonly FusedRecurrence? _fused = model.Rnn.SiteAt == RnnSitePlace.Input ? new FusedRecurrence(model, parameters, RnnNames.HiddenProjection(Names.Block(layer))) : null;
    private readonly Residual _residual = new(RnnNames.Branch(Names.Block(layer)), parameters.Find($"{RnnNames.Branch(Names.Block(layer))}.scale"), parameters.Find(Names.SkipScale(Names.Block(layer))), probe);

    /// <summary>As <see cref="Forward"/> in training, keeping x alone. The mark speaks in the pass that backward runs.</summary>
    public Tensor ForwardRecomputed(Tensor x, IStepProgress? progress) =>
        new Recomputed((input, _) => Forward(input, training: true, progress), drawsNumbers: model.Dropout > 0).Forward(x, null);

    /// <summary>x [B, T, C]; the state is zero before the first position.</summary>
    public Tensor Forward(Tensor x, bool training, IStepProgress? progress)
    {
        using var scope = NewDisposeScope();
        x = PassMark.Put(x, progress, GradientMarks.Attention(layer, model.Layers));
        var projected = _input.Forward(_site.Forward(x)); // [B, T, G C]
        var branch = _fused is not null && FusedRecurrence.Applies(projected) ? _fused.Forward(projected) : _cell.Sequence(projected);
        return _residual.Add(x, Dropout.Apply(branch, model.Dropout, training)).MoveToOuterDisposeScope();
    }

    /// <summary>The state before the first position.</summary>
    public CellState Start(long batch) => _cell.Start(batch);

    /// <summary>Further positions, x [B, T, C], behind those that <paramref name="state"/> has seen. Without gradients.</summary>
    public Tensor Continue(Tensor x, ref CellState state)
    {
        var outputs = new List<Tensor>();
        foreach (var input in _input.Forward(_site.Forward(x)).unbind(1))
        {
            state = _cell.Step(input, state);
            outputs.Add(state.Hidden);
        }

        return _residual.Add(x, stack(outputs, 1));
    }
}
