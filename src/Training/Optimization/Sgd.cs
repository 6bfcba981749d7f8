using DyT.Config;

namespace DyT.Training.Optimization;

/// <summary>
/// Stochastic gradient descent with momentum (<c>beta1</c>; 0 for none) and decoupled weight decay: b = beta1 b + g; w = (1 - lr wd) w - lr b.
/// </summary>
public sealed class Sgd(OptimizerConfig config, IReadOnlyList<ParameterGroup> groups) : IFlatOptimizer
{
    public IReadOnlyList<string> MomentNames => config.Beta1 > 0 ? ["momentum"] : [];

    public void Update(long step, double learningRate, float gradientScale, Span<float> weights, ReadOnlySpan<float> gradients, MomentSegment moments)
    {
        var momentum = moments.Values.Count > 0 ? moments.Values[0].Span : [];
        foreach (var group in groups)
        {
            var range = group.Range.Intersect(moments.Range);
            var rate = (float)(learningRate * group.LrFactor);
            var keep = (float)(1 - learningRate * group.LrFactor * group.WeightDecay);
            for (var i = range.Start; i < range.End; i++)
            {
                var direction = gradients[i] * gradientScale;
                if (momentum.Length > 0)
                {
                    ref var remembered = ref momentum[i - moments.Range.Start];
                    remembered = direction = remembered * (float)config.Beta1 + direction;
                }

                weights[i] = weights[i] * keep - direction * rate;
            }
        }
    }
}
