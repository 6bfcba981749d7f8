namespace DyT.Data.Images;

/// <summary>An image as a reader gives it.</summary>
/// <param name="Shape">Its size.</param>
/// <param name="Pixels">[Channels, Height, Width] bytes.</param>
/// <param name="Label">Number of its class.</param>
internal readonly record struct LabelledImage(ImageShape Shape, byte[] Pixels, int Label);
