using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DyT.Model.Native;

namespace DyT.Training.Optimization;

/// <summary>
/// An update rule that also remembers the exponential moving average of the weights (Polyak averaging), free of the bias towards its beginning: after n
/// updates sum_i d^(n-i) w_i / sum_i d^(n-i).
/// </summary>
/// <param name="inner">What moves the weights.</param>
/// <param name="decay">d, at least 0 and less than 1.</param>
/// <param name="applied">How many updates up to and with a step's were applied: steps that were left out do not count.</param>
/// <remarks>The average is one more moment: it travels, is checked and is stored with the others. Element-wise, products and sum each rounded by themselves.</remarks>
public sealed unsafe class WeightAverage(IFlatOptimizer inner, double decay, Func<long, long> applied) : IFlatOptimizer
{
    public const string MomentName = "ema";

    // Elements that one call of a thread takes.
    private const int Block = 1 << 15;

    public IReadOnlyList<string> MomentNames { get; } = [.. inner.MomentNames, MomentName];

    public void Update(long step, double learningRate, float gradientScale, Span<float> weights, ReadOnlySpan<float> gradients, MomentSegment moments)
    {
        inner.Update(step, learningRate, gradientScale, weights, gradients, moments with { Values = [.. moments.Values.SkipLast(1)] });

        // The old average's share of the new one: 0 at first, so that nothing of the zeros that it begins with is left.
        var updates = applied(step);
        var keep = decay * (1 - Math.Pow(decay, updates - 1)) / (1 - Math.Pow(decay, updates));
        fixed (float* w = weights[moments.Range.Start..moments.Range.End], average = moments.Values[^1].Span)
        {
            var length = moments.Range.Length;
            var job = new Job { Keep = (float)keep, Take = (float)(1 - keep), Length = length, Weights = w, Average = average };
            TorchThreads.For((length + Block - 1) / Block, 1, &UpdateBlock, &job);
        }
    }

    private static void UpdateBlock(void* job, int index)
    {
        ref readonly var j = ref *(Job*)job;
        var start = index * Block;
        var count = Math.Min(Block, j.Length - start);
        Apply(new Span<float>(j.Average + start, count), new ReadOnlySpan<float>(j.Weights + start, count), j.Keep, j.Take);
    }

    private static void Apply(Span<float> average, ReadOnlySpan<float> weights, float keep, float take)
    {
        var body = average.Length / Vector512<float>.Count * Vector512<float>.Count;
        ref var a = ref MemoryMarshal.GetReference(average);
        ref var w = ref MemoryMarshal.GetReference(weights);
        for (nuint i = 0; i < (nuint)body; i += (nuint)Vector512<float>.Count)
            (Vector512.LoadUnsafe(ref a, i) * keep + Vector512.LoadUnsafe(ref w, i) * take).StoreUnsafe(ref a, i);
        for (var i = body; i < average.Length; i++)
            average[i] = average[i] * keep + weights[i] * take;
    }

    private struct Job
    {
        public float Keep;
        public float Take;
        public int Length;
        public float* Weights;
        public float* Average;
    }
}
