using System.Buffers.Binary;
using System.IO.Compression;
using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// Reads files of the IDX format (MNIST and its kin): two zero bytes, a type (8: unsigned bytes), the number of dimensions, each dimension as a big-endian
/// 32-bit number, then the values; plain or compressed (.gz).
/// </summary>
internal sealed class IdxFile : IDisposable
{
    private const byte UnsignedBytes = 8;

    /// <summary>Deflate makes at most 1032 bytes of one.</summary>
    private const int LargestRatio = 1032;

    private readonly string _path;
    private readonly Stream _stream;

    private IdxFile(string path, int dimensions)
    {
        _path = path;
        var file = InputFile.Open(path, "IDX file");
        var isZipped = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        _stream = isZipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        try
        {
            Dimensions = ReadHeader(dimensions);
            // Nothing is allocated for what cannot be there.
            var claimed = Dimensions.Aggregate(UInt128.One, (product, size) => product * (UInt128)size);
            if (claimed > (UInt128)file.Length * (isZipped ? LargestRatio : 1u)) throw EndsEarly();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>The first is the number of items.</summary>
    public IReadOnlyList<int> Dimensions { get; }

    /// <summary>Size of the images in a file of [count, height, width].</summary>
    public static ImageShape ImageShapeOf(string path)
    {
        using var file = new IdxFile(path, 3);
        return file.Shape();
    }

    /// <summary>Streams the images of a file of [count, height, width]; each array is the caller's.</summary>
    public static IEnumerable<byte[]> Images(string path)
    {
        using var file = new IdxFile(path, 3);
        var size = file.Shape().Bytes;
        for (var i = 0; i < file.Dimensions[0]; i++) yield return file.Read(size);
        file.CheckEnd();
    }

    /// <summary>All labels of a file of [count].</summary>
    public static byte[] Labels(string path)
    {
        using var file = new IdxFile(path, 1);
        // Grows with what is really there: the count is only a claim.
        using var labels = new MemoryStream();
        const int piece = 1 << 16;
        for (var left = file.Dimensions[0]; left > 0; left -= piece) labels.Write(file.Read(Math.Min(piece, left)));
        file.CheckEnd();
        return labels.ToArray();
    }

    public void Dispose() => _stream.Dispose();

    private ImageShape Shape()
    {
        var shape = new ImageShape(1, Dimensions[1], Dimensions[2]);
        shape.Check(_path);
        return shape;
    }

    private int[] ReadHeader(int dimensions)
    {
        var header = Read(4 + (4 * dimensions));
        if (header[0] != 0 || header[1] != 0 || header[2] != UnsignedBytes || header[3] != dimensions)
            throw new UserErrorException($"{_path}: it is no IDX file of bytes in {dimensions} dimension{(dimensions == 1 ? "" : "s")} (it begins {Convert.ToHexStringLower(header.AsSpan(0, 4))}); check that it is the right file.");
        var sizes = new int[dimensions];
        for (var d = 0; d < dimensions; d++)
        {
            sizes[d] = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 + (4 * d)));
            if (sizes[d] < 0) throw new UserErrorException($"{_path}: dimension {d} of {(uint)sizes[d]} is more than {int.MaxValue}; check that it is the right file.");
        }

        return sizes;
    }

    private byte[] Read(int count)
    {
        var bytes = new byte[count];
        if (Guard(() => _stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false)) < count)
            throw EndsEarly();
        return bytes;
    }

    private UserErrorException EndsEarly() => new($"{_path}: it ends before all that its header names; get it again.");

    private void CheckEnd()
    {
        if (Guard(_stream.ReadByte) >= 0)
            throw new UserErrorException($"{_path}: it goes on after all that its header names; get it again.");
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return InputFile.Guard(_path, read);
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException($"{_path}: its compression is damaged ({e.Message.TrimEnd('.')}); get it again.", inner: e);
        }
    }
}
