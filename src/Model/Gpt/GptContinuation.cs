using TorchSharp;

namespace DyT.Model;

/// <summary>
/// A text that a GPT goes on with: keys and values of what it has seen are kept. The model sees the last <paramref name="block"/> tokens; once there are more, every token
/// moves all others by one position, so that they are computed again.
/// </summary>
internal sealed class GptContinuation(GptModel model, int layers, int block) : IContinuation
{
    private readonly List<long> _window = [];
    private AttentionCache[] _caches = Fresh(layers);

    public float[] Next(ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty)
            throw new ArgumentException("there is no token to go on from", nameof(tokens));
        var known = _window.Count;
        foreach (var token in tokens)
            _window.Add(token);
        // The caches take one token at a time, or all at once when they are empty.
        if (_window.Count > block || (known > 0 && tokens.Length > 1))
        {
            _window.RemoveRange(0, Math.Max(0, _window.Count - block));
            Dispose();
            _caches = Fresh(layers);
            known = 0;
        }

        using var scope = torch.NewDisposeScope();
        var unseen = torch.tensor(_window.Skip(known).ToArray()).unsqueeze(0); // [1, n]
        return model.Next(unseen, _caches).data<float>().ToArray();
    }

    public void Dispose()
    {
        foreach (var cache in _caches)
            cache.Dispose();
    }

    private static AttentionCache[] Fresh(int layers) => [.. Enumerable.Range(0, layers).Select(_ => new AttentionCache())];
}
