namespace DyT.Training.Session;

/// <summary>Two buffers have changed places: from the beginning until it is disposed, which puts each back.</summary>
internal sealed class ExchangedWeights : IDisposable
{
    private readonly Memory<float> _weights;
    private readonly Memory<float> _other;

    public ExchangedWeights(Memory<float> weights, Memory<float> other)
    {
        (_weights, _other) = (weights, other);
        Exchange();
    }

    public void Dispose() => Exchange();

    private void Exchange()
    {
        var weights = _weights.Span;
        var other = _other.Span;
        for (var i = 0; i < weights.Length; i++)
            (weights[i], other[i]) = (other[i], weights[i]);
    }
}
