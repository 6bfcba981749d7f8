namespace DyT.Data.Images;

/// <summary>Images ready to train on.</summary>
/// <param name="Folder">Holds all of it.</param>
/// <param name="TrainSet">Path of the images to train on (<see cref="ImageSet"/>).</param>
/// <param name="ValSet">Path of the images to validate on.</param>
/// <param name="Shape">Of every image.</param>
/// <param name="ClassNames">By label.</param>
/// <param name="Scale">Mean and standard deviation of the training images.</param>
/// <param name="ContentHash">SHA-256 over both sets, names and scale, lowercase hexadecimal: same hash, same training data.</param>
/// <param name="TrainImages">Images to train on.</param>
/// <param name="ValImages">Images to validate on.</param>
public sealed record PreparedImages(
    string Folder, string TrainSet, string ValSet, ImageShape Shape, IReadOnlyList<string> ClassNames, ChannelScale Scale, string ContentHash, long TrainImages, long ValImages);
