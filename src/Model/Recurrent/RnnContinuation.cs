using TorchSharp;

namespace DyT.Model;

/// <summary>A text that a recurrent model goes on with: the layers' states stand for all that it has seen, however much that is.</summary>
internal sealed class RnnContinuation(RnnModel model, int layers) : IContinuation
{
    private readonly CellState?[] _states = new CellState?[layers];

    public float[] Next(ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty)
            throw new ArgumentException("there is no token to go on from", nameof(tokens));
        using var scope = torch.NewDisposeScope();
        var unseen = torch.tensor(tokens.ToArray().Select(t => (long)t).ToArray()).unsqueeze(0); // [1, n]
        return model.Next(unseen, _states).data<float>().ToArray();
    }

    public void Dispose()
    {
        for (var layer = 0; layer < layers; layer++)
        {
            _states[layer]?.Dispose();
            _states[layer] = null;
        }
    }
}
