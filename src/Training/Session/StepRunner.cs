using System.Diagnostics;
using DyT.Collectives;
using DyT.Config;
using DyT.Data;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Gradients;
using DyT.Training.Optimization;
using TorchSharp;

namespace DyT.Training.Session;

/// <summary>What a step's reduction brought; the same on every worker.</summary>
public sealed record StepResult(double Loss, double GradNorm, double LearningRate, string? Refusal, bool StopRequested, StepTimes Times);

/// <summary>
/// One training step of one worker: micro-batches -> gradients -> reduce -> update. Until the reduction is complete nothing of the state changes,
/// so a step that fails before it can simply be done again.
/// </summary>
public sealed class StepRunner
{
    private readonly RunConfig _config;
    private readonly TrainerState _state;
    private readonly ICollective _collective;
    private readonly ShardRange _range;
    private readonly MicroBatches _batches;
    private readonly WindowSampler _sampler;
    private readonly StepExchange _exchange;
    private readonly GradientAccumulator _accumulator;
    private readonly IReadOnlyList<(int Start, int Count)> _buckets;
    private readonly long[] _offsets;
    private readonly double[] _losses;
    private readonly PhaseClock _clock = new();

    public StepRunner(RunConfig config, TrainerState state, ICollective collective, GradientAccumulator accumulator, MicroBatches batches, WindowSampler sampler)
    {
        _config = config;
        _state = state;
        _collective = collective;
        _range = collective.Plan.Members[collective.Rank].Range;
        _accumulator = accumulator;
        _batches = batches;
        _sampler = sampler;
        _exchange = new StepExchange(collective);
        _buckets = Buckets.Of(state.Parameters.Gradients.Length, (int)(config.Cluster.BucketMb * 1024 * 1024 / sizeof(float)));
        _offsets = new long[config.Train.MicroBatch];
        _losses = new double[_range.Count];
    }

    /// <summary>Does step <paramref name="step"/> (from 1). On a refusal by the guard the update is not applied.</summary>
    public StepResult Run(long step, bool stopRequested)
    {
        _clock.Start();
        _accumulator.Begin(_range);
        for (var microShard = _range.Start; microShard < _range.End; microShard++)
        {
            _losses[microShard - _range.Start] = Gradient(step, microShard);
            _accumulator.Add(_state.Parameters.Gradients);
            _clock.Lap(ref _clock.Reduce);
        }

        var gradients = _state.Parameters.Gradients;
        foreach (var (start, count) in _buckets)
            _collective.AllReduce(_accumulator.Partials(start, count), gradients.Slice(start, count));
        var (losses, stop) = _exchange.Run(_losses, stopRequested);
        _clock.Lap(ref _clock.Reduce);

        var update = Update(step, losses);
        _clock.Lap(ref _clock.Optimizer);
        return update with { StopRequested = stop, Times = _clock.Times };
    }

    /// <summary>Leaves the gradient of one micro-shard's mean loss in the flat gradient buffer; returns the loss.</summary>
    private double Gradient(long step, int microShard)
    {
        _state.Parameters.ZeroGradients();
        using var scope = torch.NewDisposeScope();
        _sampler.Windows(step - 1, microShard, _offsets);
        var (inputs, targets) = _batches.Read(_offsets);
        torch.manual_seed(StepSeed.Of(_config.Seed, step, microShard));
        _clock.Lap(ref _clock.Data);

        var loss = _state.Model.Loss(inputs, targets, training: true);
        var value = (double)loss.item<float>();
        _clock.Lap(ref _clock.Forward);

        loss.backward();
        _clock.Lap(ref _clock.Backward);
        return value;
    }

    private StepResult Update(long step, double[] losses)
    {
        // In micro-shard order and in double: the same bits on every worker.
        var loss = losses.Sum() / losses.Length;
        var gradients = _state.Parameters.Gradients.Span;
        var norm = GlobalNorm.Of(gradients) / losses.Length;
        var rate = LearningRate.At(step, _config.Schedule, _config.Optimizer.Lr, _config.Train.Steps);
        var refusal = _state.Guard.Check(loss, norm);
        if (refusal is not null)
            return new StepResult(loss, norm, rate, Name(refusal, losses), false, new StepTimes());

        var clip = _config.Optimizer.Clip > 0 ? Math.Min(1, _config.Optimizer.Clip / (norm + 1e-6)) : 1;
        _state.Optimizer.Update(step, rate, (float)(clip / losses.Length), _state.Parameters.Weights.Span, gradients);
        return new StepResult(loss, norm, rate, null, false, new StepTimes());
    }

    /// <summary>Says which micro-shard is to blame, where the losses tell.</summary>
    private static string Name(string refusal, double[] losses)
    {
        var bad = Array.FindIndex(losses, l => !double.IsFinite(l));
        return bad >= 0 ? $"{refusal} (micro-shard {bad})" : refusal;
    }

    /// <summary>Adds up the wall time of a step's phases.</summary>
    private sealed class PhaseClock
    {
        public double Data;
        public double Forward;
        public double Backward;
        public double Reduce;
        public double Optimizer;
        private long _last;

        public StepTimes Times => new() { Data = Data, Forward = Forward, Backward = Backward, Reduce = Reduce, Optimizer = Optimizer };

        public void Start()
        {
            Data = Forward = Backward = Reduce = Optimizer = 0;
            _last = Stopwatch.GetTimestamp();
        }

        public void Lap(ref double phase)
        {
            var now = Stopwatch.GetTimestamp();
            phase += Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
            _last = now;
        }
    }
}
