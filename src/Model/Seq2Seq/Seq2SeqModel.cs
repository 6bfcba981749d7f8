using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>An encoder-decoder transformer (arXiv 1706.03762) with the sites before each branch and after each stack.</summary>
/// <remarks>
/// Segments stand at the left of their rows, what follows is padding: the encoder's is masked, and a causal decoder's is never seen by what stands before it. Rows of padding
/// get no loss.
/// </remarks>
public sealed class Seq2SeqModel : INetwork
{
    private readonly ModelConfig _model;
    private readonly RecomputeKind _recompute;
    private readonly double _smoothing;
    private readonly RotaryEmbedding? _rotary;
    private readonly TokenInput _source;
    private readonly TokenInput _target;
    private readonly AttentionBias _encoderBias;
    private readonly AttentionBias _decoderBias;
    private readonly TransformerBlock[] _encoder;
    private readonly ISite _encoderSite;
    private readonly DecoderBlock[] _decoder;
    private readonly ISite _finalSite;
    private readonly Tensor _output; // [V, C]
    private readonly OutputLoss _loss;

    /// <param name="model">The architecture.</param>
    /// <param name="pairs">What it learns from.</param>
    /// <param name="parameters">Its weights; they outlive the model.</param>
    /// <param name="recompute">What backward computes again in place of keeping it.</param>
    /// <param name="smoothing">Share of the target's probability that is spread over all tokens, in training.</param>
    public Seq2SeqModel(ModelConfig model, PairShape pairs, ParameterSet parameters, RecomputeKind recompute = RecomputeKind.None, double smoothing = 0)
    {
        (_model, _recompute, _smoothing) = (model, recompute, smoothing);
        _rotary = model.Position == PositionKind.Rope ? new RotaryEmbedding(model.HeadWidth) : null;
        var shared = Seq2SeqParameters.SharesEmbeddings(model, pairs);
        _target = new TokenInput(model, parameters, Names.Embedding, Names.EmbeddingScale, Names.Positions);
        _source = new TokenInput(
            model, parameters, shared ? Names.Embedding : Seq2SeqParameters.EncoderEmbedding, shared ? Names.EmbeddingScale : Seq2SeqParameters.EncoderScale, Seq2SeqParameters.EncoderPositions);
        _encoderBias = new AttentionBias(model.Position, model.Heads, parameters.Find(Seq2SeqParameters.EncoderPositionBias), causal: false);
        _decoderBias = new AttentionBias(model.Position, model.Heads, parameters.Find(Names.PositionBias));
        _encoder = [.. Enumerable.Range(0, model.Layers).Select(layer => new TransformerBlock(model, parameters, Seq2SeqMarks.Encoder(model, layer), _rotary, Probe, causal: false))];
        _encoderSite = Sites.Create(Seq2SeqParameters.EncoderFinalSite, model.Site.EffectiveFinal, model.Site, parameters, Probe);
        _decoder = [.. Enumerable.Range(0, model.DecoderLayers).Select(layer => new DecoderBlock(model, parameters, layer, _rotary, Probe))];
        _finalSite = Sites.Create(Names.FinalSite, model.Site.EffectiveFinal, model.Site, parameters, Probe);
        var output = model.TiedEmbeddings ? Names.Embedding : Names.Output;
        _output = parameters[output];
        _loss = new OutputLoss(_output, parameters.Slot(output), products: parameters.Products); // tied, the embeddings' shares come later, in backward
    }

    public NetworkProbe Probe { get; } = new();

    public IReadOnlyList<string> ScoreNames { get; } = ["nats", "tokens", "accuracy"];

    public Tensor Loss(MicroBatch batch, bool training, IStepProgress? progress = null)
    {
        using var scope = NewDisposeScope();
        var (hidden, targets) = Hidden(Pairs(batch), training, progress);
        return _loss.Forward(hidden, targets, training ? _smoothing : 0).MoveToOuterDisposeScope();
    }

    public void Score(MicroBatch batch, Span<double> sums)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (hidden, targets) = Hidden(Pairs(batch), training: false, null);
        var rows = (int)hidden.shape[0];
        var piece = OutputLoss.PieceRows(rows, (int)_output.shape[0]);
        sums.Clear();
        for (var start = 0; start < rows; start += piece)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(piece, rows - start);
            var logits = _loss.Logits(hidden.narrow(0, start, count)); // [count, V]
            var wanted = targets.narrow(0, start, count);
            sums[0] += nn.functional.cross_entropy(logits, wanted, reduction: nn.Reduction.None).to(ScalarType.Float64).sum().item<double>();
            sums[2] += logits.argmax(1).eq(wanted).sum().item<long>();
        }

        sums[1] = rows;
    }

    public void Dispose()
    {
        _rotary?.Dispose();
        _source.Dispose();
        _target.Dispose();
        _encoderBias.Dispose();
        _decoderBias.Dispose();
    }

    /// <summary>Scores of the next target token at every position, padding included: [B, T, V].</summary>
    internal Tensor Logits(PairBatch pairs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return nn.functional.linear(_finalSite.Forward(Decode(pairs, training: false, null)), _output).MoveToOuterDisposeScope();
    }

    /// <summary>The start of a translation: source [B, S] int64 with lengths as in <see cref="PairBatch"/>. Its owner disposes it before the model.</summary>
    internal DecodingState Begin(Tensor source, IReadOnlyList<int> lengths)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var mask = PaddingMask.Of(lengths, source.shape[1]);
        var memory = Encode(source, mask, training: false, null);
        return new DecodingState([.. _decoder.Select(block => block.Remember(memory))], mask);
    }

    /// <summary>One more target token for each row: tokens [B] int64 to scores of the next [B, V]. Without gradients.</summary>
    internal Tensor Step(DecodingState state, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var at = state.Length;
        var x = _target.At(tokens, at); // [B, 1, C]
        var bias = _decoderBias.LastRow(at + 1);
        for (var layer = 0; layer < _decoder.Length; layer++)
            x = _decoder[layer].Step(x, bias, state.Seen[layer], state.Memory[layer], state.Mask);
        state.Length++;
        return nn.functional.linear(_finalSite.Forward(x.squeeze(1)), _output).MoveToOuterDisposeScope();
    }

    /// <summary>The final site's output at the tokens that are no padding, [N, C], and what follows each, [N].</summary>
    private (Tensor Hidden, Tensor Targets) Hidden(PairBatch pairs, bool training, IStepProgress? progress)
    {
        var x = Decode(pairs, training, progress);
        var rows = PaddingMask.Rows(pairs.TargetLengths, pairs.Targets.shape[1]); // [N]
        x = x.reshape(-1, x.shape[2]).index_select(0, rows);
        Probe.Enter(null);
        return (_finalSite.Forward(PassMark.Put(x, progress, GradientMarks.Head)), pairs.Targets.reshape(-1).index_select(0, rows));
    }

    /// <summary>The decoder's output before the final site: [B, T, C].</summary>
    private Tensor Decode(PairBatch pairs, bool training, IStepProgress? progress)
    {
        var mask = PaddingMask.Of(pairs.SourceLengths, pairs.Source.shape[1]);
        Probe.Enter(() => PaddingMask.Rows(pairs.SourceLengths, pairs.Source.shape[1]));
        var memory = Encode(pairs.Source, mask, training, progress);
        Probe.Enter(() => PaddingMask.Rows(pairs.TargetLengths, pairs.Inputs.shape[1]));
        var x = _target.Forward(pairs.Inputs, training);
        var bias = _decoderBias.For(pairs.Inputs.shape[1]);
        foreach (var block in _decoder)
            x = training && _recompute == RecomputeKind.Block ? block.ForwardRecomputed(x, bias, memory, mask, progress) : block.Forward(x, bias, memory, mask, training, progress);
        return x;
    }

    /// <summary>source [B, S] to [B, S, C]; mask [B, 1, 1, S].</summary>
    private Tensor Encode(Tensor source, Tensor mask, bool training, IStepProgress? progress)
    {
        var x = _source.Forward(source, training);
        var bias = _encoderBias.For(source.shape[1]) is { } positions ? positions.add(mask) : mask; // [B, H or 1, S or 1, S]
        foreach (var block in _encoder)
            x = training && _recompute == RecomputeKind.Block ? block.ForwardRecomputed(x, bias, progress) : block.Forward(x, bias, training, progress);
        return _encoderSite.Forward(PassMark.Put(x, progress, Seq2SeqMarks.EncoderHead(_model)));
    }

    private static PairBatch Pairs(MicroBatch batch) => batch as PairBatch ?? throw new ArgumentException("a seq2seq learns from pairs of texts", nameof(batch));
}
