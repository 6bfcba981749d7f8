using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>A GPT-style decoder.</summary>
public sealed class GptModel : ILanguageModel
{
    private readonly ModelConfig _model;
    private readonly ParameterSet _parameters;
    private readonly RotaryEmbedding? _rotary;
    private readonly SinusoidalPositions? _sinusoidal;
    private readonly AttentionBias _bias;
    private readonly TransformerBlock[] _blocks;
    private readonly ISite _finalSite;
    private readonly Tensor _output;
    private readonly RecomputeKind _recompute;
    private readonly TokenEmbedding _embedding;
    private readonly OutputLoss _loss;

    /// <param name="model">The architecture.</param>
    /// <param name="parameters">Its weights; they outlive the model.</param>
    /// <param name="recompute">What backward computes again in place of keeping it.</param>
    public GptModel(ModelConfig model, ParameterSet parameters, RecomputeKind recompute = RecomputeKind.None)
    {
        _recompute = recompute;
        _model = model;
        _parameters = parameters;
        _rotary = model.Position == PositionKind.Rope ? new RotaryEmbedding(model.HeadWidth) : null;
        _sinusoidal = model.Position == PositionKind.Sinusoidal ? new SinusoidalPositions(model.DModel) : null;
        _bias = new AttentionBias(model.Position, model.Heads, parameters.Find(Names.PositionBias));
        _blocks = [.. Enumerable.Range(0, model.Layers).Select(layer => new TransformerBlock(model, parameters, BlockPlace.Of(model, layer), _rotary, Probe))];
        _finalSite = Sites.Create(Names.FinalSite, model.Site.EffectiveFinal, model.Site, parameters, Probe);
        var output = model.TiedEmbeddings ? Names.Embedding : Names.Output;
        _output = parameters[output];
        _embedding = new TokenEmbedding(parameters[Names.Embedding]);
        _loss = new OutputLoss(_output, parameters.Slot(output), products: parameters.Products); // tied, the embedding's share comes later, in backward
    }

    public NetworkProbe Probe { get; } = new();

    public IReadOnlyList<string> ScoreNames { get; } = ["nats", "tokens"];

    /// <summary>Scores of the next token at every position: tokens [B, T] int64 to [B, T, V].</summary>
    public Tensor Logits(Tensor tokens, bool training = false)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(Hidden(tokens, training), _output).MoveToOuterDisposeScope();
    }

    /// <summary>Mean negative log-likelihood in nats per token: tokens and targets [B, T] int64 to a scalar.</summary>
    /// <param name="progress">Told by forward what it is about to read and by the loss's backward which gradients are final (<see cref="GradientMarks"/>); null when nobody wants to know.</param>
    /// <remarks>With gradients on, the output layer's is added to right here (<see cref="OutputLoss"/>): backward must follow, once, from this scalar.</remarks>
    public Tensor Loss(Tensor tokens, Tensor targets, bool training, IStepProgress? progress = null)
    {
        using var scope = NewDisposeScope();
        return _loss.Forward(Hidden(tokens, training, progress), targets).MoveToOuterDisposeScope();
    }

    public Tensor Loss(MicroBatch batch, bool training, IStepProgress? progress = null) =>
        batch is TextBatch(var inputs, var targets) ? Loss(inputs, targets, training, progress) : throw new ArgumentException("a GPT learns from text", nameof(batch));

    public void Score(MicroBatch batch, Span<double> sums)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        sums[1] = ((TextBatch)batch).Targets.numel();
        sums[0] = Loss(batch, training: false).item<float>() * sums[1];
    }

    public IContinuation Continue()
    {
        _rotary?.Tables(_model.Block); // once, and not anew as the text grows
        return new GptContinuation(this, _model.Layers, _model.Block);
    }

    /// <summary>
    /// Scores of the token behind <paramref name="tokens"/> [B, n] int64, which follow those in the caches (one per block) and are taken in by them: [B, V]. Without gradients.
    /// Several at once only while the caches are empty.
    /// </summary>
    internal Tensor Next(Tensor tokens, IReadOnlyList<AttentionCache> caches)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (start, count) = (caches[0].Length, tokens.shape[1]);
        if (start > 0 && count > 1)
            throw new ArgumentException("behind what is cached comes one token at a time", nameof(tokens));
        var x = Embedded(tokens, start, training: false);
        var bias = start == 0 ? _bias.For(count) : _bias.LastRow(start + 1);
        for (var layer = 0; layer < _blocks.Length; layer++)
            x = _blocks[layer].Step(x, caches[layer], bias);
        var last = _finalSite.Forward(x.narrow(1, count - 1, 1).contiguous()); // [B, 1, C]
        return nn.functional.linear(last, _output).squeeze(1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _rotary?.Dispose();
        _sinusoidal?.Dispose();
        _bias.Dispose();
    }

    /// <summary>[B, T] to the final site's output [B, T, C].</summary>
    private Tensor Hidden(Tensor tokens, bool training, IStepProgress? progress = null)
    {
        var x = Embedded(tokens, 0, training);
        var bias = _bias.For(tokens.shape[1]);
        foreach (var block in _blocks)
            x = training && _recompute == RecomputeKind.Block ? block.ForwardRecomputed(x, bias, progress) : block.Forward(x, bias, training, progress);
        return _finalSite.Forward(PassMark.Put(x, progress, GradientMarks.Head));
    }

    /// <summary>What the first block is given: [B, T], the first token at position <paramref name="start"/>, to [B, T, C].</summary>
    private Tensor Embedded(Tensor tokens, long start, bool training)
    {
        var length = tokens.shape[1];
        var x = _embedding.Forward(tokens);
        if (_parameters.Find(Names.EmbeddingScale) is { } scale)
            x = x.mul(scale);
        if (_model.Position == PositionKind.Learned)
        {
            if (start + length > _model.Block)
                throw new UserErrorException($"{start + length} tokens do not fit learned positions for {_model.Block}: use a shorter text, or a model with positions alibi, t5, rope, sinusoidal or none");
            x = x.add(_parameters[Names.Positions].narrow(0, start, length));
        }
        else if (_sinusoidal is not null)
        {
            // A table for the longest text of a continuation: one for each of its lengths would be made anew with every token.
            var table = start == 0 ? _sinusoidal.Table((int)length) : _sinusoidal.Table((int)Math.Max(_model.Block, start + length));
            x = x.add(table.narrow(0, start, length));
        }

        return Dropout.Apply(x, _model.Dropout, training);
    }
}
