using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DyT.Data.Images;

/// <summary>Writes a file of images (<see cref="ImageHeader"/>) one by one, into a folder that gets its name when all of it is there.</summary>
internal sealed class ImageSetWriter : IDisposable
{
    private readonly ImageShape _shape;
    private readonly int _classes;
    private readonly FileStream _stream;
    private readonly IncrementalHash _content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<ushort> _labels = [];

    /// <param name="path">The file, which must not exist.</param>
    /// <param name="shape">Of every image.</param>
    /// <param name="classes">Labels are 0..classes-1.</param>
    public ImageSetWriter(string path, ImageShape shape, int classes)
    {
        if (!shape.IsValid) throw new ArgumentOutOfRangeException(nameof(shape), shape, "No shape of a set.");
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(classes, ImageHeader.MaxClasses);
        _shape = shape;
        _classes = classes;
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 18);
        _stream.Write(new byte[ImageHeader.Size]);
    }

    /// <summary>Images so far.</summary>
    public long Count => _labels.Count;

    public void Append(ReadOnlySpan<byte> pixels, int label)
    {
        if (pixels.Length != _shape.Bytes) throw new ArgumentException($"{pixels.Length} bytes instead of {_shape}.", nameof(pixels));
        ArgumentOutOfRangeException.ThrowIfNegative(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, _classes);
        Write(pixels);
        _labels.Add((ushort)label);
    }

    /// <summary>Writes labels and header and syncs the file.</summary>
    /// <returns>SHA-256 of the content, lowercase hexadecimal.</returns>
    public string Complete()
    {
        Span<byte> bytes = stackalloc byte[ImageHeader.LabelBytes];
        foreach (var label in _labels)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, label);
            Write(bytes);
        }

        var header = new ImageHeader(_shape, Count, _classes, Convert.ToHexStringLower(_content.GetHashAndReset()));
        _stream.Position = 0;
        _stream.Write(header.Write());
        _stream.Flush(flushToDisk: true);
        return header.ContentHash;
    }

    public void Dispose()
    {
        _content.Dispose();
        _stream.Dispose();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _content.AppendData(bytes);
        _stream.Write(bytes);
    }
}
