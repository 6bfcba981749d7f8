using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Rotary positions (arXiv 2104.09864): the pair (k, k + d/2) of a head of width d is rotated by p * 10000^(-2k/d), as LLaMA pairs the halves.
/// Tables grow to the longest length seen.
/// </summary>
internal sealed class RotaryEmbedding(int headWidth) : IDisposable
{
    private const double Base = 10000.0;
    private Tensor? _cos;
    private Tensor? _sin;

    /// <summary>x: [B, H, T, d], the first token at position <paramref name="start"/>.</summary>
    public Tensor Rotate(Tensor x, long start = 0)
    {
        var length = x.shape[2];
        var (cosines, sines) = Tables(start + length);
        var cos = cosines.narrow(0, start, length); // [T, d/2]
        var sin = sines.narrow(0, start, length);
        var half = headWidth / 2;
        var a = x.narrow(-1, 0, half);
        var b = x.narrow(-1, half, half);
        return cat([a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))], -1);
    }

    /// <summary>Cosines and sines of the first positions, at least <paramref name="length"/>: [>= T, d/2] each. The embedding's own.</summary>
    public (Tensor Cosines, Tensor Sines) Tables(long length)
    {
        if (_cos is null || _sin is null || _cos.shape[0] < length)
            Prepare(length);
        return (_cos!, _sin!);
    }

    public void Dispose()
    {
        _cos?.Dispose();
        _sin?.Dispose();
    }

    private void Prepare(long length)
    {
        Dispose();
        var half = headWidth / 2;
        var cosines = new float[length, half];
        var sines = new float[length, half];
        for (var p = 0; p < length; p++)
        {
            for (var k = 0; k < half; k++)
            {
                var angle = p * Math.Pow(Base, -2.0 * k / headWidth);
                cosines[p, k] = (float)Math.Cos(angle);
                sines[p, k] = (float)Math.Sin(angle);
            }
        }

        _cos = tensor(cosines).DetachFromDisposeScope();
        _sin = tensor(sines).DetachFromDisposeScope();
    }
}
