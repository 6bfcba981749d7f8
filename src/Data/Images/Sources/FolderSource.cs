using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// A folder of classes, each a folder of PNG and JPEG files: <c>class/name.png</c>, of which a share chosen by the seed is kept for validation, or
/// <c>train/class/name.png</c> and <c>val/class/name.png</c>.
/// </summary>
internal sealed class FolderSource : ImageSource
{
    private const int MaxImages = 50_000_000;
    private const int DecodedAtOnce = 64;
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg"];
    private readonly Entry[] _train, _validation;

    private readonly record struct Entry(string Path, int Label);

    /// <param name="folder">The folder.</param>
    /// <param name="valFraction">Share of the images kept for validation where there is no folder of them.</param>
    /// <param name="seed">Of that choice.</param>
    public FolderSource(string folder, double valFraction, long seed)
    {
        var (train, val) = (Path.Combine(folder, "train"), Path.Combine(folder, "val"));
        if (Directory.Exists(train) && Directory.Exists(val))
        {
            ClassNames = Classes(train);
            _train = Find(train);
            if (Classes(val).FirstOrDefault(name => !ClassNames.Contains(name)) is { } unknown)
                throw new UserErrorException($"'{val}': there is no class '{unknown}' in '{train}'; rename it or take it away.");
            _validation = Find(val);
        }
        else
        {
            IsSplitBySeed = true;
            ClassNames = Classes(folder);
            (_train, _validation) = Split(Find(folder), valFraction, seed);
        }

        if (_train.Length == 0 || _validation.Length == 0)
            throw new UserErrorException($"'{folder}' has {_train.Length} images to train on and {_validation.Length} to validate on; it needs at least one of each, as class/name.png, .jpg or .jpeg.");
    }

    public override ImageShape? Shape => null;

    public override IReadOnlyList<string> ClassNames { get; }

    public override IEnumerable<string> Files => _train.Concat(_validation).Select(entry => entry.Path);

    public override bool IsSplitBySeed { get; }

    public override IEnumerable<LabelledImage> Train(ImageFit fit, CancellationToken ct) => Read(_train, fit, ct);

    public override IEnumerable<LabelledImage> Validation(ImageFit fit, CancellationToken ct) => Read(_validation, fit, ct);

    /// <summary>Images are decoded side by side, a few at once, and given in order.</summary>
    private static IEnumerable<LabelledImage> Read(Entry[] entries, ImageFit fit, CancellationToken ct)
    {
        foreach (var some in entries.Chunk(DecodedAtOnce))
        {
            var images = new LabelledImage[some.Length];
            var errors = new UserErrorException?[some.Length];
            Parallel.For(0, some.Length, new ParallelOptions { CancellationToken = ct }, i =>
            {
                try
                {
                    var (shape, pixels) = ImageDecoder.Read(some[i].Path);
                    images[i] = new LabelledImage(fit.Apply(shape, pixels), some[i].Label);
                }
                catch (UserErrorException e)
                {
                    errors[i] = e;
                }
            });
            if (errors.FirstOrDefault(e => e is not null) is { } first) throw first;
            foreach (var image in images) yield return image;
        }
    }

    private static (Entry[] Train, Entry[] Validation) Split(Entry[] entries, double fraction, long seed)
    {
        if (entries.Length < 2) return (entries, []);
        var ranked = KeyedOrder.Of(entries.Length, seed);
        var validation = (int)Math.Clamp(Math.Round(entries.Length * fraction), 1, entries.Length - 1);
        // Inside each part the files keep their order.
        return ([.. ranked[validation..].Order().Select(i => entries[i])], [.. ranked[..validation].Order().Select(i => entries[i])]);
    }

    private static string[] Classes(string folder)
    {
        var names = InputFile.Guard(folder, () => Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal).ToArray());
        return names.Length <= ImageHeader.MaxClasses ? names
            : throw new UserErrorException($"'{folder}' has {names.Length} folders, more than the {ImageHeader.MaxClasses} classes that a set may have.");
    }

    private Entry[] Find(string folder)
    {
        var entries = new List<Entry>();
        for (var label = 0; label < ClassNames.Count; label++)
        {
            var path = Path.Combine(folder, ClassNames[label]);
            if (!Directory.Exists(path)) continue;
            entries.AddRange(InputFile.Guard(path, () => Directory.EnumerateFiles(path).Where(IsImage).Take(MaxImages + 1 - entries.Count).Order(StringComparer.Ordinal).ToArray())
                .Select(file => new Entry(file, label)));
            if (entries.Count > MaxImages) throw new UserErrorException($"'{folder}' has more than {MaxImages} images; name a smaller folder.");
        }

        return [.. entries];
    }

    private static bool IsImage(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());
}
