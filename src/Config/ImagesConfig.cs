namespace DyT.Config;

/// <summary>How images are prepared and how they are shown in training.</summary>
public sealed record ImagesConfig
{
    [Setting("Side of the prepared images in pixels. Absent: the source's own size, which a folder of classes does not have.", Min = 1, Max = 4096)]
    public int? Size { get; init; }

    [Setting("Read the images in colour. Absent: as the source has them; a folder of classes: in colour.")]
    public bool? Colour { get; init; }

    [Setting("Random crop of the image's own size after so many black pixels were added on each side; 0: none.", Min = 0, Max = 4096)]
    public int Padding { get; init; }

    [Setting("Random resized crop: smallest share of the area; 1: none.", Min = 0, ExclusiveMin = true, Max = 1)]
    public double MinScale { get; init; } = 1;

    [Setting("Mirror half of the images left to right.")]
    public bool Mirror { get; init; }

    [Setting("Mixup (arXiv 1710.09412) with a share from Beta(mixup, mixup); 0: none.", Min = 0)]
    public double Mixup { get; init; }

    [Setting("Cutmix (arXiv 1905.04899) with a share from Beta(cutmix, cutmix); 0: none. With mixup, each takes half of the micro-batches.", Min = 0)]
    public double Cutmix { get; init; }

    [Setting("Share of the micro-batches that are mixed at all.", Min = 0, Max = 1)]
    public double MixProbability { get; init; } = 1;
}
