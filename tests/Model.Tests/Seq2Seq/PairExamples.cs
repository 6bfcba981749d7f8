using DyT.Config;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>Small models and batches of pairs of several lengths.</summary>
internal static class PairExamples
{
    public const int Vocab = 23;

    public static readonly int[] SourceLengths = [5, 1, 7];
    public static readonly int[] TargetLengths = [3, 6, 1];

    public static PairShape Shape { get; } = new(Vocab, Vocab, Shared: true, 12);

    public static PairShape Separate { get; } = new(Vocab + 4, Vocab, Shared: false, 12);

    public static ModelConfig Model(PositionKind position = PositionKind.Sinusoidal, SiteKind site = SiteKind.Dyt, MlpKind mlp = MlpKind.Gelu, double dropout = 0) => new()
    {
        Arch = ArchKind.Seq2seq, Layers = 2, Heads = 4, KvHeads = 2, DModel = 16, DFf = 24, Block = 12, Bias = true, Position = position, Mlp = mlp, Dropout = dropout, EmbeddingScale = true,
        Site = new SiteConfig { Kind = site }, Seq2seq = new Seq2SeqConfig { DecoderLayers = 3 },
    };

    public static ParameterSet Parameters(ModelConfig model, PairShape shape, float grow = 1)
    {
        var parameters = ParameterSet.Allocate(FlatLayout.Of(Networks.Table(model, shape)), withGradients: true);
        parameters.Initialize(5);
        foreach (ref var weight in parameters.Weights.Span)
            weight *= grow;
        return parameters;
    }

    /// <summary>The same three pairs, in rows of any width; the padding is of a token of its own choice.</summary>
    public static PairBatch Batch(int source = 7, int target = 6, long padding = 2)
    {
        long[] Row(int seed, int length, int width) => [.. Enumerable.Range(0, length).Select(i => 1L + (seed * 31 + i * i * 7) % (Vocab - 1)), .. Enumerable.Repeat(padding, width - length)];
        Tensor Rows(int seed, int[] lengths, int width) => tensor([.. lengths.SelectMany((length, row) => Row(seed + row, length, width))], [lengths.Length, width]);
        return new PairBatch(Rows(1, SourceLengths, source), SourceLengths, Rows(5, TargetLengths, target), Rows(9, TargetLengths, target), TargetLengths);
    }
}
