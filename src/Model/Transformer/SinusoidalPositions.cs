using TorchSharp;

namespace DyT.Model;

/// <summary>Fixed absolute positions (arXiv 1706.03762): sin and cos of p / 10000^(2k/C) in turn. The table is kept for the length last seen.</summary>
internal sealed class SinusoidalPositions(int width) : IDisposable
{
    private torch.Tensor? _table;

    /// <summary>[T, C]; owned by this object.</summary>
    public torch.Tensor Table(int length)
    {
        if (_table is not null && _table.shape[0] == length)
            return _table;
        Dispose();
        var table = new float[length, width];
        for (var p = 0; p < length; p++)
        {
            for (var c = 0; c < width; c++)
            {
                var angle = p / Math.Pow(10000.0, (c - c % 2) / (double)width);
                table[p, c] = (float)(c % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }

        return _table = torch.tensor(table).DetachFromDisposeScope();
    }

    public void Dispose() => _table?.Dispose();
}
