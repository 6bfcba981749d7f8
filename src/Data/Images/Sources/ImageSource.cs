namespace DyT.Data.Images;

/// <summary>Where images come from; every enumeration gives the same ones in the same order.</summary>
internal abstract class ImageSource
{
    /// <summary>Of all its images; null: they differ, and only a configured shape makes a set of them.</summary>
    public abstract ImageShape? Shape { get; }

    /// <summary>Names of the classes, by label.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>Files that it reads, by whose names, sizes and times a changed source is noticed.</summary>
    public abstract IEnumerable<string> Files { get; }

    /// <summary>Whether a seed chooses which images are kept for validation.</summary>
    public virtual bool IsSplitBySeed => false;

    /// <summary>Images to train on, brought to the wanted shape.</summary>
    public abstract IEnumerable<LabelledImage> Train(ImageFit fit, CancellationToken ct);

    /// <summary>Images to validate on, brought to the wanted shape.</summary>
    public abstract IEnumerable<LabelledImage> Validation(ImageFit fit, CancellationToken ct);

    /// <summary>Names for classes that have none: their numbers.</summary>
    protected static string[] Numbers(int classes) =>
        [.. Enumerable.Range(0, classes).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
}
