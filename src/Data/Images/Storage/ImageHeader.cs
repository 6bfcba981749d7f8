using System.Buffers.Binary;
using System.Security.Cryptography;
using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// The first 128 bytes of a file of images, little-endian:
/// <code>
///   0  8 bytes  magic "DYTIMAGE"
///   8  u32      format version
///  12  u32      channels: 1 or 3
///  16  u32      height
///  20  u32      width
///  24  i64      number of images N
///  32  u32      number of classes; every label is smaller
///  36  28 bytes zero
///  64  32 bytes SHA-256 of what follows the header
///  96  32 bytes SHA-256 of bytes 0..95
/// </code>
/// Then N images of [channels, height, width] bytes, then N labels of u16; the file ends there.
/// </summary>
internal sealed record ImageHeader(ImageShape Shape, long Count, int Classes, string ContentHash)
{
    public const int Size = 128;
    public const uint Version = 1;

    /// <summary>A label has 16 bits.</summary>
    public const int MaxClasses = 1 << 16;

    public const int LabelBytes = sizeof(ushort);
    private const int Checked = 96;

    private static ReadOnlySpan<byte> Magic => "DYTIMAGE"u8;

    /// <summary>Where the labels begin.</summary>
    public long LabelsAt => Size + (Count * Shape.Bytes);

    public long FileLength => LabelsAt + (Count * LabelBytes);

    public byte[] Write()
    {
        var bytes = new byte[Size];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt32LittleEndian(span[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], Shape.Channels);
        BinaryPrimitives.WriteInt32LittleEndian(span[16..], Shape.Height);
        BinaryPrimitives.WriteInt32LittleEndian(span[20..], Shape.Width);
        BinaryPrimitives.WriteInt64LittleEndian(span[24..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(span[32..], Classes);
        Convert.FromHexString(ContentHash).CopyTo(span[64..]);
        SHA256.HashData(span[..Checked], span[Checked..]);
        return bytes;
    }

    /// <summary>Reads and checks everything that a header says against itself and the file's length.</summary>
    /// <exception cref="UserErrorException">Any byte of it is wrong.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> bytes, long fileLength, string path)
    {
        if (bytes.Length < Size || !bytes.StartsWith(Magic))
            throw Bad(path, "it is not a file of prepared images");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (version != Version)
            throw Bad(path, $"it has format version {version}, this program reads version {Version}");
        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Checked], checksum);
        if (!checksum.SequenceEqual(bytes[Checked..Size]))
            throw Bad(path, "its header is damaged");

        // What follows can only be wrong in a file that another program wrote: the checksum stands for our own.
        var shape = new ImageShape(BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]));
        if (!shape.IsValid) throw Bad(path, $"its header names images of {shape}");
        var count = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        var classes = BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]);
        if (classes is < 1 or > MaxClasses) throw Bad(path, $"its header names {classes} classes");
        if (bytes[36..64].ContainsAnyExcept((byte)0)) throw Bad(path, "its header has bytes that should be zero");
        var header = new ImageHeader(shape, count, classes, Convert.ToHexStringLower(bytes.Slice(64, 32)));
        if (count < 0 || count > (long.MaxValue - Size) / (shape.Bytes + LabelBytes) || fileLength != header.FileLength)
            throw Bad(path, $"its header names {count} images of {shape} bytes, which does not fit the file's length of {fileLength} bytes");
        return header;
    }

    private static UserErrorException Bad(string path, string what) =>
        new($"{path}: {what}; delete its folder and start again, which prepares the data anew.");
}
