namespace DyT.Config;

/// <summary>Aligned texts for a network that learns to turn one into the other.</summary>
public sealed record PairsConfig
{
    [Setting("File of the source text, one segment a line; goes with target_file, and data.source is not read then. Absent: data.source.")]
    public string? SourceFile { get; init; }

    [Setting("File of the target text: line by line what belongs to source_file's lines.")]
    public string? TargetFile { get; init; }

    [Setting("Learn the other direction: the target becomes the source.")]
    public bool Reverse { get; init; }

    [Setting("One vocabulary for both texts; else each has its own (of the same kind).")]
    public bool SharedVocabulary { get; init; } = true;

    [Setting("Longest source and target in tokens, the mark at the end included; pairs that are longer are left out. Absent: model.block.", Min = 2, Max = 1048576)]
    public int? MaxLength { get; init; }

    [Setting("Micro-batches hold pairs of about the same length, padded up to a multiple of this.", Min = 1, Max = 1048576)]
    public int Bucket { get; init; } = 16;

    [Setting("Share of the pairs kept aside from training and validation, for 'dyt eval' to translate.", Min = 0, Max = 0.5)]
    public double TestFraction { get; init; } = 0.02;
}
