using System.Diagnostics;
using DyT.Config;
using DyT.Model;
using DyT.Training.Optimization;
using DyT.Training.Session;
using static TorchSharp.torch;

namespace DyT.Bench;

/// <summary>
/// A worker's whole step on one micro-batch without peers, from the trainer's own parts and in the order of <c>StepRunner</c>: forward, backward, norm and
/// clipping, AdamW. The tokens are random: what they say costs nothing.
/// </summary>
public sealed class WorkerStep : IDisposable
{
    private readonly RunConfig _config;
    private readonly TrainerState _state;
    private readonly Tensor _inputs;
    private readonly Tensor _targets;
    private readonly double[] _seconds = new double[PhaseNames.Count];
    private long _step;
    private long _last;

    /// <summary>A fresh state for a run of one micro-shard per step, whose vocabulary is given.</summary>
    public WorkerStep(RunConfig config)
    {
        _config = config;
        var vocab = config.Model.Vocab ?? throw new ArgumentException("the vocabulary is not given", nameof(config));
        var (batch, length) = (config.Train.MicroBatch, config.Model.Block);
        _state = TrainerState.Create(config, new TextShape(vocab));
        var random = new Random(1);
        Tensor Some() => tensor(Enumerable.Range(0, batch * length).Select(_ => (long)random.Next(vocab)).ToArray(), [batch, length]);
        (_inputs, _targets) = (Some(), Some());
    }

    /// <summary>The parts of a step, in order.</summary>
    public static IReadOnlyList<string> PhaseNames { get; } = ["beginning of gradients", "forward", "backward", "gradient norm", "AdamW"];

    /// <summary>Seconds of the last step's phases, as <see cref="PhaseNames"/>.</summary>
    public IReadOnlyList<double> PhaseSeconds => _seconds;

    /// <summary>One update; gives the loss.</summary>
    public double Run()
    {
        _step++;
        _last = Stopwatch.GetTimestamp();
        _state.Parameters.BeginGradients();
        Lap(0);

        double value;
        using (NewDisposeScope())
        {
            var loss = _state.Network.Loss(new TextBatch(_inputs, _targets), training: true);
            value = loss.item<float>();
            Lap(1);
            Autograd.Backward(loss);
            _state.Parameters.EndGradients();
            Lap(2);
        }

        var norm = GlobalNorm.Of(_state.Parameters.Gradients.Span);
        Lap(3);
        var scale = (float)Math.Min(1, _config.Optimizer.Clip / (norm + 1e-6));
        _state.Update(_step, _config.Optimizer.Lr, scale, _state.Parameters.Gradients.Span);
        Lap(4);
        return value;
    }

    public void Dispose()
    {
        _inputs.Dispose();
        _targets.Dispose();
        _state.Dispose();
    }

    private void Lap(int phase)
    {
        var now = Stopwatch.GetTimestamp();
        _seconds[phase] = Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
    }
}
