namespace DyT.Config;

public enum StageKind
{
    /// <summary>Before the first step: the scales are set in closed form from the activations' moments.</summary>
    Calibrate,

    /// <summary>Training.</summary>
    Train,
}

/// <summary>What the sites are fitted to.</summary>
public enum CalibrationTarget { Layernorm, Rmsnorm }

/// <summary>One stage of a run.</summary>
public sealed record StageConfig
{
    [Setting("calibrate (set alpha, gamma, beta and branch scalars in closed form, once, before the first step) or train.")]
    public StageKind Kind { get; init; } = StageKind.Train;

    [Setting("calibrate: micro-batches of the training data whose activations are measured.", Min = 1, Max = 65536)]
    public int Batches { get; init; } = 8;

    [Setting("calibrate: alpha is kappa / sqrt(E[x^2]). Channels with heavy tails want less than 1.", Min = 0, ExclusiveMin = true, Max = 100)]
    public double Kappa { get; init; } = 1;

    [Setting("calibrate: values of kappa separated by commas, of which the one with the lowest loss on the same batches is taken; empty: kappa. For a fresh model every value gives nearly the same loss.")]
    public string KappaGrid { get; init; } = "";

    [Setting("calibrate: what the sites are fitted to by least squares: layernorm or rmsnorm of their input.")]
    public CalibrationTarget Target { get; init; } = CalibrationTarget.Layernorm;

    /// <summary>The values of kappa to try, in order; one when there is no grid.</summary>
    /// <exception cref="FormatException">The grid is not numbers within kappa's bounds.</exception>
    public IReadOnlyList<double> Kappas() => KappaGrid.Trim().Length == 0
        ? [Kappa]
        : [.. KappaGrid.Split(',').Select(text =>
            double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var kappa) && kappa is > 0 and <= 100
                ? kappa
                : throw new FormatException(text.Trim()))];
}
