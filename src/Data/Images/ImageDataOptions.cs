namespace DyT.Data.Images;

/// <summary>Which images, and how they are prepared.</summary>
/// <param name="Source">
/// <c>fashion-mnist</c>, or a folder: of IDX files, of CIFAR's binary version, or of classes (<c>class/name.png</c>, or those under <c>train</c> and <c>val</c>).
/// </param>
/// <param name="Cache">Folder of fetched and prepared data.</param>
/// <param name="Size">Side of the prepared images in pixels; null: the source's own, which a folder of classes does not have.</param>
/// <param name="Colour">Whether they are prepared in colour; null: as the source has them, a folder of classes in colour. Only beside a size.</param>
/// <param name="ValFraction">Share of a folder of classes that is kept for validation where it has no <c>val</c>.</param>
public sealed record ImageDataOptions(string Source, string Cache, int? Size = null, bool? Colour = null, double ValFraction = 0.1);
