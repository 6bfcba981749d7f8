using DyT.Config;

namespace DyT.Data.Images;

/// <summary>Finds what <see cref="ImageDataOptions.Source"/> names.</summary>
internal static class ImageSources
{
    private static readonly string[] FashionClasses = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    // As CIFAR's archives name the folder of their files.
    private static readonly string[] CifarFolders = ["", "cifar-10-batches-bin", "cifar-100-binary"];

    /// <summary>A named data set, fetched if need be, or the folder's content, known by its files' names.</summary>
    public static ImageSource Resolve(ImageDataOptions options, long seed, Action<string>? progress, CancellationToken ct)
    {
        if (options.Source == Corpora.FashionMnist)
            return IdxSource.TryOpen(Corpora.Get(options.Source, options.Cache, progress, ct), FashionClasses)!;
        var folder = Path.GetFullPath(options.Source);
        if (!Directory.Exists(folder))
            throw new UserErrorException($"data.source: there is no folder '{options.Source}', and it is no named data set of images ({Corpora.FashionMnist}); check the path.");
        return IdxSource.TryOpen(folder)
            ?? CifarFolders.Select(name => CifarSource.TryOpen(Path.Combine(folder, name))).FirstOrDefault(source => source is not null)
            ?? (ImageSource)new FolderSource(folder, options.ValFraction, seed);
    }
}
