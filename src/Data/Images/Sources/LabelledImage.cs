namespace DyT.Data.Images;

/// <summary>An image as a source gives it.</summary>
/// <param name="Pixels">[Channels, Height, Width] bytes.</param>
/// <param name="Label">Number of its class.</param>
internal readonly record struct LabelledImage(byte[] Pixels, int Label);
