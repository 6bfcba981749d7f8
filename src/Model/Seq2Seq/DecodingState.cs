using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>A batch of translations in the making: what each block remembers of the sources and of the targets so far.</summary>
internal sealed class DecodingState : IDisposable
{
    public DecodingState(IReadOnlyList<AttentionCache> memory, Tensor mask)
    {
        Memory = memory;
        Mask = mask.DetachFromDisposeScope();
        Seen = [.. memory.Select(_ => new AttentionCache())];
    }

    /// <summary>By block: keys and values of the encoder's output.</summary>
    public IReadOnlyList<AttentionCache> Memory { get; }

    /// <summary>By block: keys and values of the target so far.</summary>
    public IReadOnlyList<AttentionCache> Seen { get; }

    /// <summary>[B, 1, 1, S]: the sources' padding.</summary>
    public Tensor Mask { get; private set; }

    /// <summary>Target tokens so far.</summary>
    public long Length { get; set; }

    /// <summary>Row i becomes what row rows[i] was; there may be more or fewer rows than before.</summary>
    public void Reorder(IReadOnlyList<long> rows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var index = tensor(rows.ToArray());
        foreach (var cache in Memory.Concat(Seen.Where(s => s.Length > 0)))
            cache.Reorder(index);
        var mask = Mask.index_select(0, index).DetachFromDisposeScope();
        Mask.Dispose();
        Mask = mask;
    }

    public void Dispose()
    {
        foreach (var cache in Memory.Concat(Seen))
            cache.Dispose();
        Mask.Dispose();
    }
}
