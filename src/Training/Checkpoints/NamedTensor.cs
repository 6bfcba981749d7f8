namespace DyT.Training.Checkpoints;

/// <summary>A named fp32 tensor over somebody's memory.</summary>
public sealed record NamedTensor(string Name, long[] Shape, Memory<float> Values);

/// <summary>Contiguous elements of a named tensor, in row-major order from <paramref name="Start"/> on.</summary>
public sealed record TensorSlice(string Name, long[] Shape, long Start, Memory<float> Values);
