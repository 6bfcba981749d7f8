using System.Buffers.Binary;
using System.IO.Compression;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// Verses of a Bible text as SWORD keeps it (its format zText): blocks compressed by zlib (<c>.bzz</c>), where each begins (<c>.bzs</c>, 12 bytes a block), and for every
/// place of the canon, in order, the block, the offset in it and the size (<c>.bzv</c>, 10 bytes a place). The entry before a chapter's first verse names the chapter.
/// </summary>
internal static class SwordText
{
    private const int BlockRow = 12;
    private const int VerseRow = 10;
    private const int MaxIndexBytes = 1 << 22;
    private const int MaxBlockBytes = 1 << 24;
    private const int MaxPackedBytes = 1 << 26;

    /// <summary>The files of a module's folder: Old and New Testament.</summary>
    public static IReadOnlyList<string> Files { get; } = ["ot.bzs", "ot.bzv", "ot.bzz", "nt.bzs", "nt.bzv", "nt.bzz"];

    /// <summary>The verses that are there, in order: a key such as "Gen.1.1", and their OSIS markup.</summary>
    /// <exception cref="UserErrorException">A file is missing or damaged.</exception>
    public static IEnumerable<(string Key, string Osis)> Verses(string folder) => Testament(folder, "ot").Concat(Testament(folder, "nt"));

    private static IEnumerable<(string Key, string Osis)> Testament(string folder, string name)
    {
        string? chapter = null;
        var verse = 0;
        foreach (var entry in Entries(folder, name))
        {
            if (OsisText.Chapter(entry) is { } begins)
            {
                (chapter, verse) = (begins, 0);
                continue;
            }

            verse++;
            if (chapter is not null && entry.Length > 0)
                yield return ($"{chapter}.{verse}", entry);
        }
    }

    private static IEnumerable<string> Entries(string folder, string name)
    {
        var path = Path.Combine(folder, $"{name}.bzv");
        var verses = InputFile.ReadBytes(path, MaxIndexBytes, "index of verses");
        var blocks = Blocks(folder, name);
        if (verses.Length % VerseRow != 0) throw Damaged(path, $"its length of {verses.Length} bytes is no multiple of {VerseRow}");
        for (var at = 0; at < verses.Length; at += VerseRow)
        {
            var row = verses.AsSpan(at, VerseRow);
            var (block, start, size) = (BinaryPrimitives.ReadUInt32LittleEndian(row), BinaryPrimitives.ReadUInt32LittleEndian(row[4..]), BinaryPrimitives.ReadUInt16LittleEndian(row[8..]));
            if (size > 0 && (block >= blocks.Count || start > blocks[(int)block].Length || size > blocks[(int)block].Length - start))
                throw Damaged(path, $"entry {at / VerseRow} is not within the text");
            yield return size == 0 ? "" : Text(blocks[(int)block].AsSpan((int)start, size), path, at / VerseRow);
        }
    }

    private static List<byte[]> Blocks(string folder, string name)
    {
        var path = Path.Combine(folder, $"{name}.bzs");
        var index = InputFile.ReadBytes(path, MaxIndexBytes, "index of blocks");
        var packed = InputFile.ReadBytes(Path.Combine(folder, $"{name}.bzz"), MaxPackedBytes, "compressed text");
        if (index.Length % BlockRow != 0) throw Damaged(path, $"its length of {index.Length} bytes is no multiple of {BlockRow}");
        var (blocks, total) = (new List<byte[]>(), 0L);
        for (var at = 0; at < index.Length; at += BlockRow)
        {
            var row = index.AsSpan(at, BlockRow);
            var (start, size, unpacked) = (BinaryPrimitives.ReadUInt32LittleEndian(row), BinaryPrimitives.ReadUInt32LittleEndian(row[4..]), BinaryPrimitives.ReadUInt32LittleEndian(row[8..]));
            if (start > packed.Length || size > packed.Length - start || unpacked > MaxBlockBytes || (total += unpacked) > MaxPackedBytes)
                throw Damaged(path, $"block {at / BlockRow} is not within the text");
            blocks.Add(Unpack(packed, (int)start, (int)size, (int)unpacked, path));
        }

        return blocks;
    }

    private static byte[] Unpack(byte[] packed, int start, int size, int unpacked, string path)
    {
        try
        {
            using var content = new ZLibStream(new MemoryStream(packed, start, size), CompressionMode.Decompress);
            // Grows with what comes: a few bytes cannot make it as large as the index claims.
            using var block = new MemoryStream();
            var buffer = new byte[1 << 16];
            int read;
            while (block.Length <= unpacked && (read = content.Read(buffer)) > 0) block.Write(buffer, 0, read);
            return block.Length == unpacked ? block.ToArray() : throw new InvalidDataException("its size is not the one named");
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, $"a block cannot be unpacked, {e.Message.TrimEnd('.')}");
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes, string path, int entry)
    {
        try
        {
            return InputFile.StrictUtf8.GetString(bytes);
        }
        catch (System.Text.DecoderFallbackException)
        {
            throw Damaged(path, $"entry {entry} is not UTF-8");
        }
    }

    private static UserErrorException Damaged(string path, string what) => new($"{path}: {what}; the text is damaged: get it again.");
}
