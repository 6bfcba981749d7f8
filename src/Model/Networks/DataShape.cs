using DyT.Config;

namespace DyT.Model;

/// <summary>What the data say of a network's shape.</summary>
public abstract record DataShape
{
    /// <summary>Positions that a sample takes in the network: what is counted as its tokens.</summary>
    public abstract long TokensPerSample(ModelConfig model);
}

/// <summary>Text of so many different tokens.</summary>
public sealed record TextShape(int Vocab) : DataShape
{
    public override long TokensPerSample(ModelConfig model) => model.Block;
}

/// <summary>Square images of <paramref name="Size"/> pixels a side, each of one of so many classes.</summary>
public sealed record ImagesShape(int Channels, int Size, int Classes) : DataShape
{
    public override long TokensPerSample(ModelConfig model) => Patches(model) + (model.Vit.Pool == PoolKind.Class ? 1 : 0);

    /// <summary>Patches of one image.</summary>
    public int Patches(ModelConfig model) => Size / model.Vit.Patch * (Size / model.Vit.Patch);
}

/// <summary>Pairs of texts.</summary>
/// <param name="SourceVocab">Different tokens of a source, the marks at its ends included.</param>
/// <param name="TargetVocab">Of a target.</param>
/// <param name="Shared">Whether both are of one vocabulary.</param>
/// <param name="MeanTokens">Tokens of a pair, both sides, on average.</param>
public sealed record PairShape(int SourceVocab, int TargetVocab, bool Shared, int MeanTokens) : DataShape
{
    public override long TokensPerSample(ModelConfig model) => MeanTokens;
}
