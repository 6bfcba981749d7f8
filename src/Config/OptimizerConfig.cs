namespace DyT.Config;

public enum OptimizerKind { Adamw, Sgd }

public enum OptimizerSharding { None, Zero1 }

/// <summary>The update rule. Element-wise, so that its bits do not depend on who holds which piece.</summary>
public sealed record OptimizerConfig
{
    [Setting("adamw (decoupled weight decay, arXiv 1711.05101) or sgd (with momentum).")]
    public OptimizerKind Kind { get; init; } = OptimizerKind.Adamw;

    [Setting("Peak learning rate.", Min = 0, ExclusiveMin = true)]
    public double Lr { get; init; } = 1e-3;

    [Setting("Decay of the first moment (adamw) or momentum (sgd).", Min = 0, Max = 0.9999)]
    public double Beta1 { get; init; } = 0.9;

    [Setting("Decay of the second moment.", Min = 0, Max = 0.99999)]
    public double Beta2 { get; init; } = 0.99;

    [Setting("Added to the root of the second moment.", Min = 0, ExclusiveMin = true)]
    public double Eps { get; init; } = 1e-8;

    [Setting("Weight decay of matrices; vectors and scalars have none.", Min = 0)]
    public double WeightDecay { get; init; } = 0.1;

    [Setting("Clip the gradient to this global L2 norm; 0: never.", Min = 0)]
    public double Clip { get; init; } = 1.0;

    [Setting("Decay of a moving average of the weights (EMA), by which the run is evaluated and which 'dyt eval', 'generate', 'export' ... take; 0: none. 0.999 averages over about a thousand steps.", Min = 0, Max = 0.99999)]
    public double Ema { get; init; }

    [Setting("none: every worker holds all optimizer state; zero1: each holds it for its piece of the parameters and for optimizer.replicas neighbours' (the same weights, less memory; whoever joins is waited for).")]
    public OptimizerSharding Sharding { get; init; } = OptimizerSharding.None;

    [Setting("zero1: other workers that hold each piece too. So many neighbouring workers may die at once; when more do, the newest checkpoint is what is left.", Min = 0, Max = 255)]
    public int Replicas { get; init; } = 1;

    [Setting("Learning-rate factor of the alpha scalars (and derf's s, dyisru's b).", Min = 0)]
    public double AlphaLrFactor { get; init; } = 1.0;
}

public enum ScheduleKind { Cosine, Wsd, Linear, Constant }

/// <summary>Learning rate over the run, as a factor of the peak.</summary>
public sealed record ScheduleConfig
{
    [Setting("cosine, wsd (warm-up, stable, linear decay), linear or constant.")]
    public ScheduleKind Kind { get; init; } = ScheduleKind.Cosine;

    [Setting("Steps of linear warm-up.", Min = 0)]
    public int Warmup { get; init; } = 100;

    [Setting("Final learning rate as a share of the peak.", Min = 0, Max = 1)]
    public double MinRatio { get; init; } = 0.1;

    [Setting("wsd: share of the run that decays.", Min = 0, Max = 1)]
    public double DecayFraction { get; init; } = 0.2;
}
