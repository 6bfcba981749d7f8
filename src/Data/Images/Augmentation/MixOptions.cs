namespace DyT.Data.Images;

/// <summary>Whether images of a micro-batch are mixed with one another in training.</summary>
/// <param name="MixupAlpha">Mixup (Zhang et al., 2018) with a share from Beta(alpha, alpha); 0: none.</param>
/// <param name="CutmixAlpha">Cutmix (Yun et al., 2019) with a share from Beta(alpha, alpha); 0: none.</param>
/// <param name="Probability">Share of the micro-batches that are mixed at all.</param>
/// <param name="CutmixShare">Of those, the share that is mixed by cutmix where both are set.</param>
public sealed record MixOptions(double MixupAlpha = 0, double CutmixAlpha = 0, double Probability = 1, double CutmixShare = 0.5);
