using System.Globalization;
using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// A source of images to two sets of one shape, once per setting: the result is kept in <c>&lt;cache&gt;/prepared-images/KEY</c>, where the key stands for
/// everything that it depends on. Several processes may ask for the same data at once; one prepares it.
/// </summary>
public static class ImagePreparer
{
    /// <summary>Raised whenever the same images and settings would give other bytes.</summary>
    private const int PreparationVersion = 1;

    /// <summary>Gives the prepared images, made now or found in the cache and checked; damaged, they are made again.</summary>
    /// <param name="options">Which images, of what size.</param>
    /// <param name="seed">Seed of the choice of images kept for validation, where there is one.</param>
    /// <param name="progress">Told, in a phrase, about what takes time.</param>
    /// <param name="ct">Stops the preparation; nothing half-made stays under the key.</param>
    /// <exception cref="UserErrorException">The images are missing, unreadable or damaged; a folder of classes without a size.</exception>
    public static PreparedImages Prepare(ImageDataOptions options, long seed, Action<string>? progress = null, CancellationToken ct = default)
    {
        var source = ImageSources.Resolve(options, seed, progress, ct);
        var shape = Shape(options, source.Shape)
            ?? throw new UserErrorException($"data.source: the images of '{options.Source}' have no common size: say which size they are to have.");
        shape.Check($"The configured size of images of '{options.Source}'");
        var folder = new PreparedImagesFolder(Path.Combine(Path.GetFullPath(options.Cache), "prepared-images", Key(options, seed, source, shape)));
        return PreparedOnce.Get(folder.Folder, folder.Open, aside => Build(new PreparedImagesFolder(aside), options.Source, source, shape, progress, ct), progress, ct);
    }

    private static ImageShape? Shape(ImageDataOptions options, ImageShape? own) => options.Size is { } size
        ? new ImageShape(options.Colour switch { true => 3, false => 1, null => own?.Channels ?? 3 }, size, size)
        : own;

    /// <summary>One line for people: how much there is of what.</summary>
    public static string Describe(ImageDataOptions options, PreparedImages prepared) => string.Create(CultureInfo.InvariantCulture,
        $"{options.Source}: {prepared.TrainImages:N0} training and {prepared.ValImages:N0} validation images of {prepared.Shape} in {prepared.ClassNames.Count:N0} classes");

    private static void Build(PreparedImagesFolder folder, string name, ImageSource source, ImageShape shape, Action<string>? progress, CancellationToken ct)
    {
        progress?.Invoke($"reading the images of {name}");
        var fit = new ImageFit(shape);
        var statistics = new PixelStatistics(shape);
        var train = Write(folder.Train, source.Train(fit, ct), source, shape, statistics);
        var validation = Write(folder.Validation, source.Validation(fit, ct), source, shape, null);
        folder.WriteManifest(train, validation, source.ClassNames, statistics.Scale());
    }

    private static string Write(string path, IEnumerable<LabelledImage> images, ImageSource source, ImageShape shape, PixelStatistics? statistics)
    {
        using var writer = new ImageSetWriter(path, shape, source.ClassNames.Count);
        foreach (var image in images)
        {
            writer.Append(image.Pixels, image.Label);
            statistics?.Add(image.Pixels);
        }

        return writer.Complete();
    }

    private static string Key(ImageDataOptions options, long seed, ImageSource source, ImageShape shape)
    {
        using var digest = new Digest();
        digest.Add(PreparationVersion).Add(Digest.OfFileStates(source.Files)).Add(shape.ToString());
        foreach (var name in source.ClassNames) digest.Add(name);
        // Only a choice of the seed depends on it: other sources are prepared once for all seeds.
        if (source.IsSplitBySeed) digest.Add(seed).Add(BitConverter.DoubleToInt64Bits(options.ValFraction));
        return digest.Hex()[..32];
    }
}
