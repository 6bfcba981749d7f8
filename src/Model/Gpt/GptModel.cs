using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>A GPT-style decoder: plain code over the named parameters of a <see cref="ParameterSet"/>.</summary>
public sealed class GptModel : IDisposable
{
    private readonly ModelConfig _model;
    private readonly ParameterSet _parameters;
    private readonly RotaryEmbedding? _rotary;
    private readonly SinusoidalPositions? _sinusoidal;
    private readonly AttentionBias _bias;
    private readonly Block[] _blocks;
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
        _blocks = [.. Enumerable.Range(0, model.Layers).Select(layer => new Block(model, parameters, layer, _rotary))];
        _finalSite = Sites.Create(Names.FinalSite, model.Site.EffectiveFinal, model.Site, parameters);
        var output = model.TiedEmbeddings ? Names.Embedding : Names.Output;
        _output = parameters[output];
        _embedding = new TokenEmbedding(parameters[Names.Embedding]);
        _loss = new OutputLoss(_output, parameters.Slot(output)); // tied, the embedding's share comes later, in backward
    }

    /// <summary>The alpha scalars: their site's name and the parameter that holds them.</summary>
    public IReadOnlyList<(string Site, string Parameter)> Alphas =>
        [.. _parameters.Layout.Entries.Select(e => e.Spec.Name).Where(n => n.EndsWith(".alpha", StringComparison.Ordinal)).Select(n => (n[..^".alpha".Length], n))];

    /// <summary>Scores of the next token at every position: tokens [B, T] int64 to [B, T, V].</summary>
    public Tensor Logits(Tensor tokens, bool training = false)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(Hidden(tokens, training), _output).MoveToOuterDisposeScope();
    }

    /// <summary>Mean negative log-likelihood in nats per token: tokens and targets [B, T] int64 to a scalar.</summary>
    /// <param name="progress">Told by the loss's backward which gradients are final (<see cref="GradientMarks"/>); null when nobody wants to know.</param>
    /// <remarks>With gradients on, the output layer's is added to right here (<see cref="OutputLoss"/>): backward must follow, once, from this scalar.</remarks>
    public Tensor Loss(Tensor tokens, Tensor targets, bool training, IGradientProgress? progress = null)
    {
        using var scope = NewDisposeScope();
        return _loss.Forward(Hidden(tokens, training, progress), targets).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _rotary?.Dispose();
        _sinusoidal?.Dispose();
        _bias.Dispose();
    }

    /// <summary>[B, T] to the final site's output [B, T, C].</summary>
    private Tensor Hidden(Tensor tokens, bool training, IGradientProgress? progress = null)
    {
        var length = tokens.shape[1];
        var x = _embedding.Forward(tokens);
        if (_parameters.Find(Names.EmbeddingScale) is { } scale)
            x = x.mul(scale);
        if (_model.Position == PositionKind.Learned)
        {
            if (length > _model.Block)
                throw new UserErrorException($"{length} tokens do not fit learned positions for {_model.Block}: use a shorter text, or a model with positions alibi, t5, rope, sinusoidal or none");
            x = x.add(_parameters[Names.Positions].narrow(0, 0, length));
        }
        else if (_sinusoidal is not null)
        {
            x = x.add(_sinusoidal.Table((int)length));
        }

        x = Dropout(x, _model.Dropout, training);
        var bias = _bias.For(length);
        foreach (var block in _blocks)
            x = training && _recompute == RecomputeKind.Block ? block.ForwardRecomputed(x, bias, progress) : block.Forward(x, bias, training, progress);
        return _finalSite.Forward(FinalMark.Put(x, progress, GradientMarks.Head));
    }

    internal static Tensor Dropout(Tensor x, double p, bool training) => training && p > 0 ? nn.functional.dropout(x, p, training: true) : x;

    /// <summary>x + Attn(site(x)), then x + MLP(site(x)).</summary>
    private sealed class Block(ModelConfig model, ParameterSet parameters, int layer, RotaryEmbedding? rotary)
    {
        private readonly ISite _attentionSite = Sites.Create(Names.AttentionSite(layer), model.Site.EffectiveAttention, model.Site, parameters);
        private readonly CausalAttention _attention = new(model, parameters, layer, rotary);
        private readonly ISite _ffnSite = Sites.Create(Names.FfnSite(layer), model.Site.EffectiveFfn, model.Site, parameters);
        private readonly Mlp _mlp = new(model, parameters, layer);

        /// <summary>As <see cref="Forward"/> in training, keeping x alone. The marks speak in the pass that backward runs.</summary>
        public Tensor ForwardRecomputed(Tensor x, Tensor? bias, IGradientProgress? progress) =>
            new Recomputed((input, mask) => Forward(input, mask, training: true, progress), drawsNumbers: model.Dropout > 0).Forward(x, bias);

        public Tensor Forward(Tensor x, Tensor? bias, bool training, IGradientProgress? progress)
        {
            // What the graph does not keep is freed here, block by block; without gradients, all of it.
            using var scope = NewDisposeScope();
            x = FinalMark.Put(x, progress, GradientMarks.Attention(layer, model.Layers));
            x = x.add(Dropout(_attention.Forward(_attentionSite.Forward(x), bias, training), model.Dropout, training));
            x = FinalMark.Put(x, progress, GradientMarks.Ffn(layer, model.Layers));
            return x.add(Dropout(_mlp.Forward(_ffnSite.Forward(x)), model.Dropout, training)).MoveToOuterDisposeScope();
        }
    }
}
