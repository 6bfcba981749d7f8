using DyT.Config;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>What enters a stack: embeddings of tokens, perhaps times a learned scale, plus absolute positions where there are any.</summary>
/// <param name="model">The architecture.</param>
/// <param name="parameters">Its weights.</param>
/// <param name="embedding">Name of the table [V, C].</param>
/// <param name="scale">Name of the scale [1], where the model has one.</param>
/// <param name="positions">Name of the learned positions [Block, C], where the model has them.</param>
internal sealed class TokenInput(ModelConfig model, ParameterSet parameters, string embedding, string scale, string positions) : IDisposable
{
    private readonly TokenEmbedding _embedding = new(parameters[embedding]);
    private readonly Tensor? _scale = parameters.Find(scale);
    private readonly Tensor? _learned = parameters.Find(positions);
    private readonly SinusoidalPositions? _sinusoidal = model.Position == PositionKind.Sinusoidal ? new SinusoidalPositions(model.DModel) : null;

    /// <summary>tokens [B, T] int64 to [B, T, C].</summary>
    public Tensor Forward(Tensor tokens, bool training) => Dropout.Apply(Placed(tokens, 0), model.Dropout, training);

    /// <summary>tokens [B] int64, all at one position (from 0), to [B, 1, C].</summary>
    public Tensor At(Tensor tokens, long position) => Placed(tokens.unsqueeze(1), position);

    public void Dispose() => _sinusoidal?.Dispose();

    private Tensor Placed(Tensor tokens, long start)
    {
        var length = tokens.shape[1];
        if (start + length > model.Block)
            throw new UserErrorException($"{start + length} tokens do not fit model.block {model.Block}: use a shorter text");
        var x = _embedding.Forward(tokens);
        if (_scale is not null)
            x = x.mul(_scale);
        if ((_learned ?? _sinusoidal?.Table(model.Block)) is { } table)
            x = x.add(table.narrow(0, start, length));
        return x;
    }
}
