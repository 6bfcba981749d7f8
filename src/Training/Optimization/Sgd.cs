using DyT.Config;

namespace DyT.Training.Optimization;

/// <summary>
/// Stochastic gradient descent with momentum (<c>beta1</c>; 0 for none) and decoupled weight decay: b = beta1 b + g; w = (1 - lr wd) w - lr b.
/// </summary>
public sealed class Sgd(OptimizerConfig config, IReadOnlyList<ParameterGroup> groups, int length) : IFlatOptimizer
{
    private readonly float[] _momentum = config.Beta1 > 0 ? new float[length] : [];

    public IReadOnlyList<(string Name, Memory<float> Values)> State => config.Beta1 > 0 ? [("momentum", _momentum)] : [];

    public void Update(long step, double learningRate, float gradientScale, Span<float> weights, ReadOnlySpan<float> gradients)
    {
        foreach (var group in groups)
        {
            var rate = (float)(learningRate * group.LrFactor);
            var keep = (float)(1 - learningRate * group.LrFactor * group.WeightDecay);
            for (var i = group.Start; i < group.Start + group.Length; i++)
            {
                var direction = gradients[i] * gradientScale;
                if (_momentum.Length > 0)
                    _momentum[i] = direction = _momentum[i] * (float)config.Beta1 + direction;
                weights[i] = weights[i] * keep - direction * rate;
            }
        }
    }
}
