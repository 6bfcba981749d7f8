using System.Buffers.Binary;
using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// Images of one size with their labels behind a checked header (see <see cref="ImageHeader"/>), mapped into memory. Reading is safe from several
/// threads; disposing is not safe while another thread reads.
/// </summary>
public sealed class ImageSet : IDisposable
{
    private readonly ImageHeader _header;
    private readonly MappedFile _file;

    private ImageSet(string path, ImageHeader header)
    {
        Path = path;
        _header = header;
        _file = MappedFile.Open(path, header.FileLength);
    }

    public string Path { get; }

    /// <summary>N: images in the set.</summary>
    public long Count => _header.Count;

    public ImageShape Shape => _header.Shape;

    /// <summary>Labels are 0..Classes-1.</summary>
    public int Classes => _header.Classes;

    /// <summary>SHA-256 of images and labels as the header names it, lowercase hexadecimal; <see cref="VerifyContent"/> checks it.</summary>
    public string ContentHash => _header.ContentHash;

    /// <summary>Opens a set after checking its whole header against the file's length.</summary>
    /// <exception cref="UserErrorException">Missing or damaged.</exception>
    public static ImageSet Open(string path)
    {
        ImageHeader header;
        using (var stream = InputFile.Open(path, "file of prepared images"))
        {
            var bytes = new byte[ImageHeader.Size];
            var read = InputFile.Guard(path, () => stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            header = ImageHeader.Read(bytes.AsSpan(0, read), stream.Length, path);
        }

        return new ImageSet(path, header);
    }

    /// <summary>An image: [Channels, Height, Width] bytes, valid until the set is disposed.</summary>
    public ReadOnlySpan<byte> Pixels(long image)
    {
        Check(image);
        return _file.Bytes(ImageHeader.Size + (image * Shape.Bytes), Shape.Bytes);
    }

    /// <summary>The class of an image, 0..Classes-1.</summary>
    /// <exception cref="UserErrorException">The label is no class: the content is damaged.</exception>
    public int Label(long image)
    {
        Check(image);
        var label = BinaryPrimitives.ReadUInt16LittleEndian(_file.Bytes(_header.LabelsAt + (image * ImageHeader.LabelBytes), ImageHeader.LabelBytes));
        if (label >= Classes)
            throw new UserErrorException($"{Path}: the label of image {image} is {label}, but there are {Classes} classes; the file is damaged: delete its folder and start again, which prepares the data anew.");
        return label;
    }

    /// <summary>Reads the whole file and compares the SHA-256 of its content with the header.</summary>
    /// <exception cref="UserErrorException">They differ.</exception>
    public void VerifyContent()
    {
        if (_file.HashFrom(ImageHeader.Size) != ContentHash)
            throw new UserErrorException($"{Path}: the images are not those that the header's SHA-256 names; the file is damaged: delete its folder and start again, which prepares the data anew.");
    }

    public void Dispose() => _file.Dispose();

    private void Check(long image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
    }
}
