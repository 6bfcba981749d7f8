using System.Globalization;
using DyT.Config;

namespace DyT.Training.Optimization;

/// <summary>Finds NaN, infinity and loss spikes before an update is applied. The same numbers give the same verdict on every worker.</summary>
public sealed class LossGuard(GuardConfig config)
{
    private readonly Queue<double> _recent = new();

    /// <summary>The losses that the running median is taken over, oldest first.</summary>
    public double[] History => [.. _recent];

    public void Restore(IEnumerable<double> history)
    {
        _recent.Clear();
        foreach (var loss in history.TakeLast(config.Window))
            _recent.Enqueue(loss);
    }

    /// <summary>Null when all is well, else why the step's update must not be applied.</summary>
    public string? Check(double loss, double gradNorm)
    {
        if (!double.IsFinite(loss))
            return $"the loss is {Format(loss)}";
        if (!double.IsFinite(gradNorm))
            return $"the gradient's norm is {Format(gradNorm)}";
        if (config.LossSpike > 0 && _recent.Count >= config.Window)
        {
            var median = Median();
            if (loss > config.LossSpike * median)
                return $"the loss {Format(loss)} is more than {Format(config.LossSpike)} times its median {Format(median)} over the last {config.Window} steps (guard.loss_spike)";
        }

        _recent.Enqueue(loss);
        if (_recent.Count > config.Window)
            _recent.Dequeue();
        return null;
    }

    private double Median()
    {
        var sorted = _recent.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Format(double value) => value.ToString("G5", CultureInfo.InvariantCulture);
}
