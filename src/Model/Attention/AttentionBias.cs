using DyT.Config;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>The additive mask of attention: causal (or not, for an encoder), plus ALiBi's slopes (arXiv 2108.12409) or T5's learned biases. None: attention without.</summary>
internal sealed class AttentionBias(PositionKind kind, int heads, Parameter? table, bool causal = true) : IDisposable
{
    private Tensor? _constant; // alibi: [1, H, T, T]; t5: the mask [T, T]
    private Tensor? _buckets; // t5: bucket of every (query, key), [T * T] int64
    private long _length = -1;

    /// <summary>[1, H, T, T] for a forward pass of T tokens, or null when the causal flag of attention is enough. Built once per forward pass.</summary>
    public Tensor? For(long length)
    {
        if (kind is not (PositionKind.Alibi or PositionKind.T5))
            return null;
        if (_length != length)
            Prepare(length);
        if (kind == PositionKind.Alibi)
            return _constant;

        // [T*T, H] -> [1, H, T, T]
        return table!.index_select(0, _buckets!).view(length, length, heads).permute(2, 0, 1).add(_constant!).unsqueeze(0);
    }

    /// <summary>[1, H, 1, T]: the last of T rows, which sees all; null when there is nothing to add. In the caller's dispose scope.</summary>
    public Tensor? LastRow(long length)
    {
        var distances = Enumerable.Range(0, (int)length).Select(j => (int)length - 1 - j);
        return kind switch
        {
            PositionKind.Alibi => tensor(Enumerable.Range(0, heads).SelectMany(h => distances.Select(d => (float)(-Slope(h, heads) * d))).ToArray(), [1, heads, 1, length]),
            PositionKind.T5 => table!.index_select(0, tensor(distances.Select(d => (long)T5Buckets.Of(d)).ToArray())).t().reshape(1, heads, 1, length),
            _ => null,
        };
    }

    public void Dispose()
    {
        _constant?.Dispose();
        _buckets?.Dispose();
    }

    /// <summary>ALiBi's slope of head h of H: 2^(-8 (h+1) / H).</summary>
    public static double Slope(int head, int heads) => Math.Pow(2, -8.0 * (head + 1) / heads);

    private void Prepare(long length)
    {
        Dispose();
        _length = length;
        var t = (int)length;
        if (kind == PositionKind.Alibi)
        {
            var bias = new float[heads * t * t];
            for (var h = 0; h < heads; h++)
            {
                for (var i = 0; i < t; i++)
                {
                    for (var j = 0; j < t; j++)
                        bias[(h * t + i) * t + j] = causal && j > i ? float.NegativeInfinity : (float)(-Slope(h, heads) * Math.Abs(i - j));
                }
            }

            _constant = tensor(bias, [1, heads, length, length]).DetachFromDisposeScope();
            return;
        }

        var mask = new float[t * t];
        var buckets = new long[t * t];
        for (var i = 0; i < t; i++)
        {
            for (var j = 0; j < t; j++)
            {
                mask[i * t + j] = causal && j > i ? float.NegativeInfinity : 0;
                buckets[i * t + j] = causal ? T5Buckets.Of(i - j) : T5Buckets.OfEither(i - j);
            }
        }

        _constant = tensor(mask, [length, length]).DetachFromDisposeScope();
        _buckets = tensor(buckets).DetachFromDisposeScope();
    }
}
