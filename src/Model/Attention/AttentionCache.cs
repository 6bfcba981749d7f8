using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>Keys and values of the positions that have been seen, so that one more costs one position's work.</summary>
internal sealed class AttentionCache : IDisposable
{
    private Tensor? _keys;
    private Tensor? _values;

    /// <summary>Positions so far.</summary>
    public long Length => _keys is null ? 0 : _keys.shape[2];

    /// <summary>[B, K, Length, d]; the cache's own.</summary>
    public Tensor Keys => _keys ?? throw new InvalidOperationException("the cache is empty");

    /// <summary>[B, K, Length, d]; the cache's own.</summary>
    public Tensor Values => _values ?? throw new InvalidOperationException("the cache is empty");

    /// <summary>Takes in [B, K, n, d] of each.</summary>
    public void Append(Tensor keys, Tensor values) => Replace(_keys is null ? keys.clone() : cat([_keys, keys], 2), _values is null ? values.clone() : cat([_values, values], 2));

    /// <summary>Row i becomes what row <paramref name="rows"/>[i] was; rows [n] int64.</summary>
    public void Reorder(Tensor rows) => Replace(Keys.index_select(0, rows), Values.index_select(0, rows));

    public void Dispose()
    {
        _keys?.Dispose();
        _values?.Dispose();
    }

    private void Replace(Tensor keys, Tensor values)
    {
        Dispose();
        (_keys, _values) = (keys.DetachFromDisposeScope(), values.DetachFromDisposeScope());
    }
}
