namespace DyT.Data.Images;

/// <summary>
/// How an image is shown once: a box of it in the image's own size, perhaps mirrored. A box of that size may reach over the borders, where black is shown;
/// one of another size lies inside and is resized.
/// </summary>
/// <param name="Top">First row of the box.</param>
/// <param name="Left">First column of the box.</param>
/// <param name="Height">Rows of the box.</param>
/// <param name="Width">Columns of the box.</param>
/// <param name="Mirrored">Left becomes right.</param>
public readonly record struct ImageView(int Top, int Left, int Height, int Width, bool Mirrored)
{
    /// <summary>The whole image as it is.</summary>
    public static ImageView Whole(ImageShape shape) => new(0, 0, shape.Height, shape.Width, false);
}
