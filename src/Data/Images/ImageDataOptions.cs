namespace DyT.Data.Images;

/// <summary>Which images, and how they are prepared.</summary>
/// <param name="Source">
/// <c>fashion-mnist</c>, or a folder: of IDX files, of CIFAR's binary version, or of classes (<c>class/name.png</c>, or those under <c>train</c> and <c>val</c>).
/// </param>
/// <param name="Cache">Folder of fetched and prepared data.</param>
/// <param name="Shape">Size of the prepared images; null: the source's own, which a folder of classes does not have.</param>
/// <param name="ValFraction">Share of a folder of classes that is kept for validation where it has no <c>val</c>.</param>
public sealed record ImageDataOptions(string Source, string Cache, ImageShape? Shape = null, double ValFraction = 0.1);
