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

/// <summary>What a step's reduction brought; but for the times the same on every worker.</summary>
/// <param name="GradientScale">What every summed gradient is multiplied by: mean over micro-shards and clipping.</param>
/// <param name="Refusal">Why the update must not be applied; null when all is well.</param>
public sealed record StepResult(double Loss, double GradNorm, double LearningRate, float GradientScale, string? Refusal, StepAgreement Agreement);

/// <summary>
/// One training step of one worker: micro-batches -> gradients -> reduce (<see cref="Compute"/>) -> update (<see cref="Apply"/>). Until the reduction is
/// complete nothing of the state changes, so a step that fails before it can simply be done again.
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
    private readonly FlightRecorder? _recorder;
    private readonly PhaseClock _clock = new();
    private ulong _samples;

    public StepRunner(RunConfig config, TrainerState state, ICollective collective, GradientAccumulator accumulator, SessionData data, FlightRecorder? recorder)
    {
        _recorder = recorder;
        _config = config;
        _state = state;
        _collective = collective;
        _range = collective.Plan.Members[collective.Rank].Range;
        _accumulator = accumulator;
        _batches = data.Batches;
        _sampler = data.Sampler;
        _exchange = new StepExchange(collective);
        _buckets = Buckets.Of(state.Parameters.Gradients.Length, (int)(config.Cluster.BucketMb * 1024 * 1024 / sizeof(float)));
        _offsets = new long[config.Train.MicroBatch];
        _losses = new double[_range.Count];
    }

    /// <summary>Where this worker's time in the step went.</summary>
    public StepTimes Times => _clock.Times;

    /// <summary>Brings step <paramref name="step"/> (from 1) to the point where every worker has the sum of all gradients and knows the same about it.</summary>
    public StepResult Compute(long step, bool stopRequested, bool wantsStandstill, long offeredGeneration)
    {
        _clock.Start();
        _samples = 0;
        _accumulator.Begin(_range);
        for (var microShard = _range.Start; microShard < _range.End; microShard++)
        {
            _recorder?.Record("micro-shard", step, microShard);
            _losses[microShard - _range.Start] = Gradient(step, microShard);
            _accumulator.Add(_state.Parameters.Gradients);
            _clock.Lap(ref _clock.Reduce);
        }

        _recorder?.Record("reduce", step);
        var gradients = _state.Parameters.Gradients;
        foreach (var (start, count) in _buckets)
            _collective.AllReduce(_accumulator.Partials(start, count), gradients.Slice(start, count));
        var agreement = _exchange.Run(_losses, new StepVote(stopRequested, wantsStandstill, offeredGeneration, _samples));
        _clock.Lap(ref _clock.Reduce);

        var result = Judge(step, agreement);
        _clock.Lap(ref _clock.Optimizer);
        return result;
    }

    /// <summary>Applies the update; afterwards the step is committed.</summary>
    public void Apply(long step, StepResult result)
    {
        Apply(step, result, _state.Parameters.Gradients.Span);
        _clock.Lap(ref _clock.Optimizer);
    }

    /// <summary>As above, with gradients that were kept.</summary>
    public void Apply(long step, StepResult result, ReadOnlySpan<float> gradients) =>
        _state.Optimizer.Update(step, result.LearningRate, result.GradientScale, _state.Parameters.Weights.Span, gradients);

    /// <summary>Leaves the gradient of one micro-shard's mean loss in the flat gradient buffer; returns the loss.</summary>
    private double Gradient(long step, int microShard)
    {
        _state.Parameters.ZeroGradients();
        using var scope = torch.NewDisposeScope();
        _sampler.Windows(step - 1, microShard, _offsets);
        _samples = unchecked(_samples + SampleDigest.Of(step, microShard, _offsets));
        var (inputs, targets) = _batches.Read(_offsets);
        torch.manual_seed(StepSeed.Of(_config.Seed, step, microShard));
        _clock.Lap(ref _clock.Data);

        var loss = _state.Model.Loss(inputs, targets, training: true);
        var value = (double)loss.item<float>();
        _clock.Lap(ref _clock.Forward);

        Autograd.Backward(loss);
        _clock.Lap(ref _clock.Backward);
        return value;
    }

    private StepResult Judge(long step, StepAgreement agreement)
    {
        // In micro-shard order and in double: the same bits on every worker.
        var losses = agreement.Losses;
        var loss = losses.Sum() / losses.Length;
        var norm = GlobalNorm.Of(_state.Parameters.Gradients.Span) / losses.Length;
        var rate = LearningRate.At(step, _config.Schedule, _config.Optimizer.Lr, _config.Train.Steps);
        var clip = _config.Optimizer.Clip > 0 ? Math.Min(1, _config.Optimizer.Clip / (norm + 1e-6)) : 1;
        var refusal = _state.Guard.Check(loss, norm) is { } bad ? Name(bad, losses) : null;
        return new StepResult(loss, norm, rate, (float)(clip / losses.Length), refusal, agreement);
    }

    /// <summary>Says which micro-shard is to blame, where the losses tell.</summary>
    private static string Name(string refusal, double[] losses)
    {
        var bad = Array.FindIndex(losses, l => !double.IsFinite(l));
        if (bad < 0)
        {
            // A spike: the highest loss, when it stands out from the others.
            var highest = Array.IndexOf(losses, losses.Max());
            bad = losses.Length > 1 && losses[highest] > 2 * (losses.Sum() - losses[highest]) / (losses.Length - 1) ? highest : -1;
        }

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
