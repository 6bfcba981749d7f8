using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DyT.Config;
using DyT.Model.Native;

namespace DyT.Training.Optimization;

/// <summary>Adam with decoupled weight decay (arXiv 1711.05101), as <c>torch.optim.AdamW</c> computes it; one pass over the buffers on torch's threads.</summary>
/// <remarks>
/// Only multiplications, additions, divisions and square roots, each rounded by itself (no fused multiply-add): the vector body and the scalar tail give
/// the same bits, however the buffers are cut.
/// </remarks>
public sealed unsafe class AdamW(OptimizerConfig config, IReadOnlyList<ParameterGroup> groups) : IFlatOptimizer
{
    // Elements that one call of a thread takes.
    private const int Block = 1 << 15;

    public IReadOnlyList<string> MomentNames => ["exp_avg", "exp_avg_sq"];

    public void Update(long step, double learningRate, float gradientScale, Span<float> weights, ReadOnlySpan<float> gradients, MomentSegment moments)
    {
        var correction1 = 1 - Math.Pow(config.Beta1, step);
        var correction2 = 1 - Math.Pow(config.Beta2, step);
        foreach (var group in groups)
        {
            var range = group.Range.Intersect(moments.Range);
            if (range.IsEmpty)
                continue;
            var values = moments.Slice(range);
            var rate = learningRate * group.LrFactor;
            var factors = new Factors(
                Scale: gradientScale,
                Beta1: (float)config.Beta1,
                OneMinusBeta1: (float)(1 - config.Beta1),
                Beta2: (float)config.Beta2,
                OneMinusBeta2: (float)(1 - config.Beta2),
                Keep: (float)(1 - rate * group.WeightDecay),
                Rate: (float)(rate / correction1),
                InverseRoot: (float)(1 / Math.Sqrt(correction2)),
                Eps: (float)config.Eps);
            fixed (float* w = weights[range.Start..range.End], g = gradients[range.Start..range.End], m = values[0].Span, v = values[1].Span)
            {
                var length = range.End - range.Start;
                var job = new Job { Factors = factors, Length = length, Weights = w, Gradients = g, First = m, Second = v };
                TorchThreads.For((length + Block - 1) / Block, 1, &UpdateBlock, &job);
            }
        }
    }

    private static void UpdateBlock(void* job, int index)
    {
        ref readonly var j = ref *(Job*)job;
        var start = index * Block;
        var count = Math.Min(Block, j.Length - start);
        Apply(
            j.Factors,
            new Span<float>(j.Weights + start, count),
            new ReadOnlySpan<float>(j.Gradients + start, count),
            new Span<float>(j.First + start, count),
            new Span<float>(j.Second + start, count));
    }

    private static void Apply(in Factors f, Span<float> weights, ReadOnlySpan<float> gradients, Span<float> first, Span<float> second)
    {
        var body = weights.Length / Vector512<float>.Count * Vector512<float>.Count;
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var g = ref MemoryMarshal.GetReference(gradients);
        ref var m = ref MemoryMarshal.GetReference(first);
        ref var v = ref MemoryMarshal.GetReference(second);
        for (nuint i = 0; i < (nuint)body; i += (nuint)Vector512<float>.Count)
        {
            var gradient = Vector512.LoadUnsafe(ref g, i) * f.Scale;
            var mean = Vector512.LoadUnsafe(ref m, i) * f.Beta1 + gradient * f.OneMinusBeta1;
            var square = Vector512.LoadUnsafe(ref v, i) * f.Beta2 + gradient * gradient * f.OneMinusBeta2;
            mean.StoreUnsafe(ref m, i);
            square.StoreUnsafe(ref v, i);
            var update = mean * f.Rate / (Vector512.Sqrt(square) * f.InverseRoot + Vector512.Create(f.Eps));
            (Vector512.LoadUnsafe(ref w, i) * f.Keep - update).StoreUnsafe(ref w, i);
        }

        for (var i = body; i < weights.Length; i++)
        {
            var gradient = gradients[i] * f.Scale;
            var mean = first[i] * f.Beta1 + gradient * f.OneMinusBeta1;
            var square = second[i] * f.Beta2 + gradient * gradient * f.OneMinusBeta2;
            first[i] = mean;
            second[i] = square;
            var update = mean * f.Rate / (MathF.Sqrt(square) * f.InverseRoot + f.Eps);
            weights[i] = weights[i] * f.Keep - update;
        }
    }

    private readonly record struct Factors(
        float Scale, float Beta1, float OneMinusBeta1, float Beta2, float OneMinusBeta2, float Keep, float Rate, float InverseRoot, float Eps);

    private struct Job
    {
        public Factors Factors;
        public int Length;
        public float* Weights;
        public float* Gradients;
        public float* First;
        public float* Second;
    }
}
