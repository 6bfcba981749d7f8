namespace DyT.Config;

/// <summary>What the classifier looks at.</summary>
public enum PoolKind
{
    /// <summary>The mean over all patches.</summary>
    Mean,

    /// <summary>A learned token before the patches.</summary>
    Class,
}

/// <summary>A vision transformer's patches and head (arXiv 2010.11929).</summary>
public sealed record VitConfig
{
    [Setting("Side of a patch in pixels; must divide the images' size. 1: the image as a sequence of its pixels.", Min = 1, Max = 1024)]
    public int Patch { get; init; } = 4;

    [Setting("What the classifier looks at: mean (over the patches) or class (a learned token).")]
    public PoolKind Pool { get; init; } = PoolKind.Mean;

    [Setting("Stochastic depth: probability with which a sample passes the last block's branches by in training; rises linearly from 0 at the first block.", Min = 0, Max = 0.95)]
    public double DropPath { get; init; }
}
