using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DyT.Data;

/// <summary>
/// SHA-256 over a sequence of fields, each preceded by its length, so that no two different sequences give the same bytes.
/// </summary>
internal sealed class Digest : IDisposable
{
    /// <summary>Hexadecimal digits of a SHA-256.</summary>
    public const int HexLength = 64;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public Digest Add(ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, field.Length);
        _hash.AppendData(length);
        _hash.AppendData(field);
        return this;
    }

    public Digest Add(string field) => Add(Encoding.UTF8.GetBytes(field));

    public Digest Add(long field)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, field);
        return Add(bytes);
    }

    /// <summary>Lowercase hexadecimal; ends the sequence.</summary>
    public string Hex() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();

    /// <summary>SHA-256 of the bytes of files one after the other, lowercase hexadecimal.</summary>
    public static string OfFiles(IEnumerable<string> paths)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 18];
        foreach (var path in paths)
        {
            using var stream = InputFile.Open(path, "file");
            int read;
            while ((read = InputFile.Guard(path, () => stream.Read(buffer))) > 0) hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of names, sizes and times of files, by which a change is noticed without reading them; lowercase hexadecimal.</summary>
    public static string OfFileStates(IEnumerable<string> paths)
    {
        using var digest = new Digest();
        foreach (var path in paths)
        {
            var info = new FileInfo(path);
            digest.Add(path).Add(InputFile.Guard(path, () => info.Length)).Add(info.LastWriteTimeUtc.Ticks);
        }

        return digest.Hex();
    }

    /// <summary>Whether a text is a SHA-256 in lowercase hexadecimal.</summary>
    public static bool IsHex(string? text) => text is { Length: HexLength } && text.All(char.IsAsciiHexDigitLower);
}
