using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>What one forward/backward pass takes. The tensors belong to the dispose scope that they were made in.</summary>
public abstract record MicroBatch;

/// <summary>Tokens and, for each, the one that follows.</summary>
/// <param name="Inputs">[B, T] int64.</param>
/// <param name="Targets">[B, T] int64.</param>
public sealed record TextBatch(Tensor Inputs, Tensor Targets) : MicroBatch;

/// <summary>Images and what they show.</summary>
/// <param name="Pixels">[B, Channels, S, S] fp32, normalised.</param>
/// <param name="Labels">[B] int64.</param>
/// <param name="Others">[B] int64: the classes of what was mixed in; null: nothing was.</param>
/// <param name="Share">The share of <paramref name="Labels"/>, the rest being that of <paramref name="Others"/>: [B] fp32; null with these.</param>
public sealed record ImagesBatch(Tensor Pixels, Tensor Labels, Tensor? Others = null, Tensor? Share = null) : MicroBatch;

/// <summary>Texts and what they are to become. Each stands at the left of its row; what is right of it is padding, of any token.</summary>
/// <param name="Source">[B, S] int64.</param>
/// <param name="SourceLengths">B: tokens of each source, at least 1.</param>
/// <param name="Inputs">[B, T] int64: a mark that begins, then the target.</param>
/// <param name="Targets">[B, T] int64: the target, then a mark that ends.</param>
/// <param name="TargetLengths">B: tokens of each target with one mark, at least 1.</param>
public sealed record PairBatch(Tensor Source, IReadOnlyList<int> SourceLengths, Tensor Inputs, Tensor Targets, IReadOnlyList<int> TargetLengths) : MicroBatch;
