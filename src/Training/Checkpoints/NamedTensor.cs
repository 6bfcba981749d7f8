namespace DyT.Training.Checkpoints;

/// <summary>A named fp32 tensor over somebody's memory.</summary>
public sealed record NamedTensor(string Name, long[] Shape, Memory<float> Values);
