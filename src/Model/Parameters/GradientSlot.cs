namespace DyT.Model;

/// <summary>
/// Lets the layer that makes all of a parameter's gradient in one product write it where nobody has set it to zero before: the first product of a backward replaces
/// what stands there, further ones add to it.
/// </summary>
internal sealed class GradientSlot
{
    /// <summary>Whether what stands there is of an earlier backward.</summary>
    public bool IsStale { get; private set; }

    /// <summary>What the gradient that stands there is multiplied by before the product is added: 0 the first time, then 1.</summary>
    public float TakeBeta()
    {
        var beta = IsStale ? 0f : 1f;
        IsStale = false;
        return beta;
    }

    public void Expire() => IsStale = true;
}
