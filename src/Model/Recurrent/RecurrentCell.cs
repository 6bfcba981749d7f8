using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>What a recurrent layer remembers.</summary>
/// <param name="Hidden">Its last output [B, C].</param>
/// <param name="Cell">An lstm's cell state [B, C]; a gru has none.</param>
internal readonly record struct CellState(Tensor Hidden, Tensor? Cell) : IDisposable
{
    /// <summary>The same beyond the dispose scope, in memory of its own: what one position computed is larger. To be disposed of.</summary>
    public CellState Kept() => new(Hidden.clone().DetachFromDisposeScope(), Cell?.clone().DetachFromDisposeScope());

    public void Dispose()
    {
        Hidden.Dispose();
        Cell?.Dispose();
    }
}

/// <summary>
/// A recurrent cell, one position at a time, by libtorch's operations: an LSTM (with forget gates, arXiv 1909.09586) or a GRU (arXiv 1406.1078, the reset gate behind the product
/// as cuDNN has it). Sites stand where the model wants them.
/// </summary>
internal sealed class RecurrentCell
{
    private readonly bool _isLstm;
    private readonly int _width;
    private readonly double _forgetBias;
    private readonly Linear _hidden;
    private readonly InnerSite? _gates;
    private readonly InnerSite? _candidate;
    private readonly InnerSite? _cell;

    public RecurrentCell(ModelConfig model, ParameterSet parameters, string layer, NetworkProbe probe)
    {
        (_isLstm, _width, _forgetBias) = (model.Arch == ArchKind.Lstm, model.DModel, model.Rnn.ForgetBias);
        _hidden = new Linear(parameters, RnnNames.HiddenProjection(layer), ProductKind.Fp32); // rounded anew and kept for each position it would cost memory and time
        if (model.Rnn.SiteAt != RnnSitePlace.Gates)
            return;
        InnerSite At(string name) => new(name, model, parameters, probe);
        _gates = At(RnnNames.GateSite(layer));
        _candidate = _isLstm ? null : At(RnnNames.CandidateSite(layer));
        _cell = _isLstm ? At(RnnNames.CellSite(layer)) : null;
    }

    /// <summary>projected inputs [B, T, G C] to outputs [B, T, C], from a state of zeros.</summary>
    public Tensor Sequence(Tensor projected)
    {
        foreach (var site in Sites())
            site.Begin();
        var state = Start(projected.shape[0]);
        var outputs = new List<Tensor>();
        foreach (var input in projected.unbind(1))
        {
            state = Step(input, state);
            outputs.Add(state.Hidden);
        }

        foreach (var site in Sites())
            site.End();
        return stack(outputs, 1);
    }

    /// <summary>The state before the first position.</summary>
    public CellState Start(long batch) => new(zeros(batch, _width), _isLstm ? zeros(batch, _width) : null);

    /// <summary>One position: projected input [B, G C].</summary>
    public CellState Step(Tensor input, CellState state) => _isLstm ? Lstm(input, state) : Gru(input, state);

    private IEnumerable<InnerSite> Sites() => new[] { _gates, _candidate, _cell }.OfType<InnerSite>();

    private CellState Lstm(Tensor input, CellState state)
    {
        var sum = input.add(_hidden.Forward(state.Hidden));
        var parts = (_gates?.Forward(sum) ?? sum).chunk(4, 1); // in, forget, cell, out
        var cell = parts[1].add(_forgetBias).sigmoid().mul(state.Cell!).add(parts[0].sigmoid().mul(parts[2].tanh()));
        return new CellState(parts[3].sigmoid().mul((_cell?.Forward(cell) ?? cell).tanh()), cell);
    }

    private CellState Gru(Tensor input, CellState state)
    {
        var hidden = _hidden.Forward(state.Hidden);
        var sum = input.narrow(1, 0, 2 * _width).add(hidden.narrow(1, 0, 2 * _width));
        var gates = (_gates?.Forward(sum) ?? sum).sigmoid().chunk(2, 1); // reset, update
        var candidate = input.narrow(1, 2 * _width, _width).add(gates[0].mul(hidden.narrow(1, 2 * _width, _width)));
        var proposed = (_candidate?.Forward(candidate) ?? candidate).tanh();
        return new CellState(proposed.add(gates[1].mul(state.Hidden.sub(proposed))), null);
    }
}
