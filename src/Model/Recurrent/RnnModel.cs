using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>A recurrent language model: embeddings, layers of LSTM or GRU cells, an output layer. Each sequence begins with a state of zeros.</summary>
public sealed class RnnModel : ILanguageModel
{
    private readonly ModelConfig _model;
    private readonly RecomputeKind _recompute;
    private readonly TokenEmbedding _embedding;
    private readonly Tensor? _scale;
    private readonly RecurrentLayer[] _layers;
    private readonly ISite _finalSite;
    private readonly Tensor _output;
    private readonly OutputLoss _loss;

    /// <param name="model">The architecture.</param>
    /// <param name="parameters">Its weights; they outlive the model.</param>
    /// <param name="recompute">What backward computes again in place of keeping it.</param>
    public RnnModel(ModelConfig model, ParameterSet parameters, RecomputeKind recompute = RecomputeKind.None)
    {
        (_model, _recompute) = (model, recompute);
        _embedding = new TokenEmbedding(parameters[Names.Embedding]);
        _scale = parameters.Find(Names.EmbeddingScale);
        _layers = [.. Enumerable.Range(0, model.Layers).Select(layer => new RecurrentLayer(model, parameters, layer, Probe))];
        _finalSite = Sites.Create(Names.FinalSite, model.Site.EffectiveFinal, model.Site, parameters, Probe);
        var output = model.TiedEmbeddings ? Names.Embedding : Names.Output;
        _output = parameters[output];
        _loss = new OutputLoss(_output, parameters.Slot(output), products: parameters.Products);
    }

    public NetworkProbe Probe { get; } = new();

    public IReadOnlyList<string> ScoreNames { get; } = ["nats", "tokens"];

    /// <summary>Scores of the next token at every position: tokens [B, T] int64 to [B, T, V].</summary>
    public Tensor Logits(Tensor tokens, bool training = false)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(Hidden(tokens, training), _output).MoveToOuterDisposeScope();
    }

    public Tensor Loss(MicroBatch batch, bool training, IStepProgress? progress = null)
    {
        var (inputs, targets) = batch as TextBatch ?? throw new ArgumentException("a recurrent language model learns from text", nameof(batch));
        using var scope = NewDisposeScope();
        return _loss.Forward(Hidden(inputs, training, progress), targets).MoveToOuterDisposeScope();
    }

    public void Score(MicroBatch batch, Span<double> sums)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        sums[1] = ((TextBatch)batch).Targets.numel();
        sums[0] = Loss(batch, training: false).item<float>() * sums[1];
    }

    public IContinuation Continue() => new RnnContinuation(this, _layers.Length);

    /// <summary>Further tokens of a text, [1, n] int64, behind those that the states have seen, which take them in: the scores of what follows the last, [V]. Without gradients.</summary>
    internal Tensor Next(Tensor tokens, CellState?[] states)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = Embedded(tokens);
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            var before = states[layer];
            var state = before ?? _layers[layer].Start(tokens.shape[0]);
            x = _layers[layer].Continue(x, ref state);
            states[layer] = state.Kept();
            before?.Dispose();
        }

        return nn.functional.linear(_finalSite.Forward(x.select(1, -1).contiguous()), _output).squeeze(0).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
    }

    private Tensor Embedded(Tensor tokens)
    {
        var x = _embedding.Forward(tokens);
        return _scale is null ? x : x.mul(_scale);
    }

    /// <summary>[B, T] to the final site's output [B, T, C].</summary>
    private Tensor Hidden(Tensor tokens, bool training, IStepProgress? progress = null)
    {
        var x = Dropout.Apply(Embedded(tokens), _model.Dropout, training);
        foreach (var layer in _layers)
            x = training && _recompute == RecomputeKind.Block ? layer.ForwardRecomputed(x, progress) : layer.Forward(x, training, progress);
        return _finalSite.Forward(PassMark.Put(x, progress, GradientMarks.Head));
    }
}
