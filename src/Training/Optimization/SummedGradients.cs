namespace DyT.Training.Optimization;

/// <summary>What is known of the sums in the gradient buffer: with them, whoever holds moments of the step before can do the step's update.</summary>
/// <param name="Step">Number of the update.</param>
/// <param name="LearningRate">Before the groups' factors.</param>
/// <param name="Scale">What every sum is multiplied by: mean over micro-shards and clipping.</param>
public sealed record SummedGradients(long Step, double LearningRate, float Scale);
