using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Data;
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
    private readonly SessionData _data;
    private readonly StepExchange _exchange;
    private readonly GradientAccumulator _accumulator;
    private readonly GradientReduction _reduction;
    private readonly double[] _losses;
    private readonly FlightRecorder? _recorder;
    private readonly PhaseClock _clock;
    private readonly GradientMarks _marks;
    private ulong _samples;

    /// <param name="parts">What outlives the generation.</param>
    /// <param name="collective">The generation's.</param>
    /// <param name="thread">Reduces while backward goes on; null: backward first.</param>
    public StepRunner(SessionParts parts, ICollective collective, CommunicationThread? thread)
    {
        _recorder = parts.Recorder;
        _config = parts.Config;
        _state = parts.State;
        _clock = new PhaseClock(parts.Trace);
        _collective = collective;
        _range = collective.Plan.Members[collective.Rank].Range;
        _accumulator = parts.Accumulator;
        _data = parts.Data;
        _exchange = new StepExchange(collective);
        var gradients = _state.Parameters.Gradients;
        _marks = GradientMarks.Of(_config.Model, _state.Layout);
        var buckets = Buckets.Of(gradients.Length, (int)(_config.Cluster.BucketMb * 1024 * 1024 / sizeof(float)));
        var readyAfter = BucketReadiness.After(buckets, _state.Layout, _marks);
        _reduction = new GradientReduction(collective, _accumulator, gradients, buckets, readyAfter, thread, parts.Trace);
        _losses = new double[_range.Count];
    }

    /// <summary>Where this worker's time in the step went.</summary>
    public StepTimes Times => _clock.Times;

    /// <summary>Of the step's gradients.</summary>
    public CommunicationTime ReductionTime => _reduction.Time;

    /// <summary>Brings step <paramref name="step"/> (from 1) to the point where every worker has the sum of all gradients and knows the same about it.</summary>
    /// <param name="step">Number of the step.</param>
    /// <param name="vote">Asked for this worker's, but for its samples, as late as can be.</param>
    /// <param name="arriving">Weights of the step before; null when they are here.</param>
    public StepResult Compute(long step, Func<StepVote> vote, IArrivingWeights? arriving)
    {
        _clock.Start();
        _samples = 0;
        SumGradients(step, arriving);

        var agreement = _exchange.Run(_losses, vote() with { Samples = _samples });
        _clock.Lap(ref _clock.Reduce, "wait: votes");

        var result = Judge(step, agreement);
        _clock.Lap(ref _clock.Optimizer, "norm");
        return result;
    }

    /// <summary>Applies the update; afterwards the step is committed.</summary>
    public void Apply(long step, StepResult result)
    {
        Apply(step, result, _state.Parameters.Gradients.Span);
        _clock.Lap(ref _clock.Optimizer, "optimizer");
    }

    /// <summary>As above, with gradients that were kept.</summary>
    public void Apply(long step, StepResult result, ReadOnlySpan<float> gradients) =>
        _state.Update(step, result.LearningRate, result.GradientScale, gradients);

    /// <summary>Leaves the sum over all workers' micro-shards in the flat gradient buffer. The last micro-shard's backward and the reduction go on together.</summary>
    private void SumGradients(long step, IArrivingWeights? arriving)
    {
        var gradients = _state.Parameters.Gradients;
        _accumulator.Begin(_range);
        for (var microShard = _range.Start; microShard < _range.End - 1; microShard++)
        {
            Gradient(step, microShard, microShard == _range.Start ? arriving : null);
            _accumulator.Add(gradients);
            _clock.Lap(ref _clock.Reduce, "accumulate");
        }

        if (_range.Count > 0)
        {
            _accumulator.Add(gradients); // its values come with backward
            Gradient(step, _range.End - 1, _range.Count == 1 ? arriving : null);
        }
        else
        {
            arriving?.Complete();
            _reduction.Begin();
        }

        _recorder?.Record("reduce", step);
        _reduction.Complete();
        _clock.Lap(ref _clock.Reduce, "wait: buckets");
    }

    /// <summary>Leaves the gradient of one micro-shard's mean loss in the flat gradient buffer, and notes the loss.</summary>
    private void Gradient(long step, int microShard, IArrivingWeights? arriving)
    {
        _collective.ThrowIfBroken(); // what is computed for a generation that has ended is thrown away
        _recorder?.Record("micro-shard", step, microShard);
        var isLast = microShard == _range.End - 1;
        var reduction = isLast ? _reduction.Progress : null;
        var arrival = arriving is null ? null : new ArrivalProgress(arriving, reduction, () => BeginGradients(isLast));
        if (arrival is null)
            BeginGradients(isLast);
        using var scope = torch.NewDisposeScope();
        var batch = _data.Training(step, microShard, out var digest);
        _samples = unchecked(_samples + digest);
        torch.manual_seed(StepSeed.Of(_config.Seed, step, microShard));
        _clock.Lap(ref _clock.Data, "data");

        arriving?.Await(_marks.End);
        var loss = _state.Network.Loss(batch, training: true, arrival ?? reduction);
        if (arrival is { IsHere: false })
            throw new InvalidOperationException("the network's forward has no mark at its head");
        _losses[microShard - _range.Start] = loss.item<float>();
        _clock.Lap(ref _clock.Forward, "forward");

        Autograd.Backward(loss);
        _state.Parameters.EndGradients();
        _clock.Lap(ref _clock.Backward, "backward");
    }

    /// <summary>From here on the gradient buffer is this pass'; the last one's is reduced while it comes.</summary>
    private void BeginGradients(bool isLast)
    {
        _state.Parameters.BeginGradients();
        if (isLast)
            _reduction.Begin();
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
}
