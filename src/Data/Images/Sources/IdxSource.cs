using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// A folder with <c>train-images-idx3-ubyte</c> and <c>train-labels-idx1-ubyte</c>, and <c>t10k-...</c> for validation; each may end in .gz and have more
/// before its name.
/// </summary>
internal sealed class IdxSource : ImageSource
{
    private readonly (string Images, string Labels, byte[] Values) _train, _validation;

    private IdxSource(string folder, IReadOnlyList<string>? names)
    {
        _train = Pair(folder, "train");
        _validation = Pair(folder, "t10k");
        Shape = IdxFile.ImageShapeOf(_train.Images);
        if (IdxFile.ImageShapeOf(_validation.Images) != Shape)
            throw new UserErrorException($"{_validation.Images}: its images have another size than those of '{_train.Images}'; check that both belong together.");
        var classes = _train.Values.Concat(_validation.Values).DefaultIfEmpty().Max() + 1;
        if (names is not null && classes > names.Count)
            throw new UserErrorException($"{_train.Labels}: a label of {classes - 1} is none of the {names.Count} classes; check that it is the right file.");
        ClassNames = names ?? Numbers(classes);
    }

    public override ImageShape? Shape { get; }

    public override IReadOnlyList<string> ClassNames { get; }

    public override IEnumerable<string> Files => [_train.Images, _train.Labels, _validation.Images, _validation.Labels];

    /// <summary>The source in a folder; null when it has no such files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">Names of the classes, if they are known.</param>
    public static IdxSource? TryOpen(string folder, IReadOnlyList<string>? names = null) =>
        Find(folder, "train", "images-idx3-ubyte").Length > 0 ? new IdxSource(folder, names) : null;

    public override IEnumerable<LabelledImage> Train(ImageFit fit, CancellationToken ct) => Read(_train, fit, ct);

    public override IEnumerable<LabelledImage> Validation(ImageFit fit, CancellationToken ct) => Read(_validation, fit, ct);

    private IEnumerable<LabelledImage> Read((string Images, string Labels, byte[] Values) part, ImageFit fit, CancellationToken ct)
    {
        var i = 0;
        foreach (var pixels in IdxFile.Images(part.Images))
        {
            ct.ThrowIfCancellationRequested();
            if (i == part.Values.Length) throw Mismatch(part);
            yield return new LabelledImage(fit.Apply(Shape!.Value, pixels), part.Values[i++]);
        }

        if (i < part.Values.Length) throw Mismatch(part);
    }

    private static UserErrorException Mismatch((string Images, string Labels, byte[] Values) part) =>
        new($"{part.Labels}: it has {part.Values.Length} labels, another number than '{part.Images}' has images; check that both belong together.");

    private static (string Images, string Labels, byte[] Values) Pair(string folder, string part)
    {
        var (images, labels) = (One(folder, part, "images-idx3-ubyte"), One(folder, part, "labels-idx1-ubyte"));
        return (images, labels, IdxFile.Labels(labels));
    }

    private static string One(string folder, string part, string kind) => Find(folder, part, kind) switch
    {
        [var path] => path,
        [] => throw new UserErrorException($"'{folder}' has no file {part}-{kind} (or .gz of it): add it."),
        var several => throw new UserErrorException($"'{folder}' has {several.Length} files {part}-{kind} ({Path.GetFileName(several[0])}, {Path.GetFileName(several[1])}): leave one."),
    };

    private static string[] Find(string folder, string part, string kind) => InputFile.Guard(folder, () => Directory.GetFiles(folder)
        .Where(path => Path.GetFileName(path) is var name && (name.EndsWith($"{part}-{kind}", StringComparison.Ordinal) || name.EndsWith($"{part}-{kind}.gz", StringComparison.Ordinal)))
        .Order(StringComparer.Ordinal).ToArray());
}
