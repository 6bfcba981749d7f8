using DyT.Config;

namespace DyT.Data.Images;

/// <summary>Size of an image; its bytes lie plane by plane, row by row: [Channels, Height, Width].</summary>
/// <param name="Channels">1 (grey) or 3 (red, green, blue).</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Bound on height and width of a set's images.</summary>
    public const int MaxSide = 4096;

    /// <summary>Bytes of one image.</summary>
    public int Bytes => Channels * Height * Width;

    /// <summary>Bytes of one channel.</summary>
    public int PlaneBytes => Height * Width;

    /// <summary>Whether a set can have such images.</summary>
    public bool IsValid => Channels is 1 or 3 && Height is >= 1 and <= MaxSide && Width is >= 1 and <= MaxSide;

    /// <exception cref="UserErrorException">No set can have such images.</exception>
    internal void Check(string file)
    {
        if (!IsValid)
            throw new UserErrorException($"{file}: images of {this} are not supported: 1 or 3 channels and sides of 1 to {MaxSide} pixels are; check that it is the right file.");
    }

    public override string ToString() => $"{Channels} x {Height} x {Width}";
}
