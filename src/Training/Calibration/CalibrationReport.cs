using System.Text.Json;
using DyT.Runs;

namespace DyT.Training.Calibration;

/// <summary>What calibration measured and set; <c>calibration.json</c> in the run's folder.</summary>
/// <param name="Kappa">The one that was used.</param>
/// <param name="Batches">Micro-batches measured.</param>
/// <param name="Tried">Loss on these batches for every kappa that was tried; one entry without a grid.</param>
public sealed record CalibrationReport(double Kappa, int Batches, IReadOnlyList<KappaLoss> Tried, IReadOnlyList<SiteRow> Sites, IReadOnlyList<BranchRow> Branches)
{
    /// <summary>Null where there is none, or none that can be read.</summary>
    public static CalibrationReport? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<CalibrationReport>(File.ReadAllText(path), RunJson.Options) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

/// <param name="Loss">Nats.</param>
public sealed record KappaLoss(double Kappa, double Loss);

/// <summary>One site.</summary>
/// <param name="Sigma">sqrt(E[x^2]) of what enters it.</param>
/// <param name="Alpha">As set (DyISRU: 1 / sigma times kappa, as DyT's; its curve's slope at 0 is sqrt(channels) times that); null for a norm.</param>
/// <param name="Gamma">Mean over channels.</param>
/// <param name="RSquared">Of the fit; 1 where nothing was fitted.</param>
/// <param name="Saturation">Share of values with |alpha x| above 2.</param>
public sealed record SiteRow(string Name, double Sigma, double? Alpha, double? Gamma, double RSquared, double? Saturation);

/// <summary>One branch with a learned factor.</summary>
/// <param name="Scale">As set.</param>
/// <param name="BranchRms">sqrt(E[F^2]) of what it adds.</param>
/// <param name="StreamRms">sqrt(E[x^2]) of the residual stream before it.</param>
public sealed record BranchRow(string Name, double Scale, double BranchRms, double StreamRms);
