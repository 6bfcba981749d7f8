using System.Buffers.Binary;
using System.Text;

namespace DyT.Build;

/// <summary>
/// Edits the symbol-version requirements (section <c>.gnu.version_r</c>) of a 64-bit little-endian ELF library.
/// </summary>
/// <remarks>
/// TorchSharp's native library asks for GLIBCXX_3.4.32 (GCC 13) for one marker symbol that nothing relocates against.
/// Marking that requirement weak lets the loader of an older system accept the library and changes nothing else.
/// Layouts: System V ABI, "Elf64_Ehdr", "Elf64_Shdr"; LSB core, "Elfxx_Verneed", "Elfxx_Vernaux".
/// </remarks>
public static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakFlag = 0x2; // VER_FLG_WEAK
    private const int SectionHeaderSize = 64;
    private const int NeedSize = 16;
    private const int AuxiliarySize = 16;

    /// <summary>Sets the weak flag on every requirement of <paramref name="version"/>; returns how many were found.</summary>
    /// <exception cref="InvalidDataException">The bytes are not such a library, or its tables point outside of it.</exception>
    public static int Weaken(Span<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1)
            throw new InvalidDataException("not a 64-bit little-endian ELF file");

        var sectionTable = CheckedOffset(BinaryPrimitives.ReadUInt64LittleEndian(elf[40..]), elf.Length);
        var sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(elf[60..]);
        var found = 0;
        for (var s = 0; s < sectionCount; s++)
        {
            var header = Slice(elf, sectionTable + s * SectionHeaderSize, SectionHeaderSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != SectionTypeVersionNeeds)
                continue;
            var needs = Section(elf, header);
            var stringsIndex = (int)BinaryPrimitives.ReadUInt32LittleEndian(header[40..]);
            var strings = Section(elf, Slice(elf, sectionTable + stringsIndex * SectionHeaderSize, SectionHeaderSize));
            found += WeakenNeeds(needs, strings, version);
        }

        return found;
    }

    private static int WeakenNeeds(Span<byte> needs, Span<byte> strings, string version)
    {
        var found = 0;
        for (var need = 0; ;)
        {
            var entry = Slice(needs, need, NeedSize);
            var auxiliaries = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
            var auxiliary = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            for (var a = 0; a < auxiliaries; a++)
            {
                var aux = Slice(needs, auxiliary, AuxiliarySize);
                var name = (int)BinaryPrimitives.ReadUInt32LittleEndian(aux[8..]);
                if (NameAt(strings, name) == version)
                {
                    var flags = BinaryPrimitives.ReadUInt16LittleEndian(aux[4..]);
                    BinaryPrimitives.WriteUInt16LittleEndian(aux[4..], (ushort)(flags | WeakFlag));
                    found++;
                }

                auxiliary += (int)BinaryPrimitives.ReadUInt32LittleEndian(aux[12..]);
            }

            var next = (int)BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            if (next <= 0)
                return found;
            need += next;
        }
    }

    private static string NameAt(Span<byte> strings, int offset)
    {
        if ((uint)offset >= (uint)strings.Length)
            throw new InvalidDataException("a version name lies outside of the string table");
        var tail = strings[offset..];
        var end = tail.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? tail : tail[..end]);
    }

    private static Span<byte> Section(Span<byte> elf, Span<byte> header) => Slice(
        elf,
        CheckedOffset(BinaryPrimitives.ReadUInt64LittleEndian(header[24..]), elf.Length),
        CheckedOffset(BinaryPrimitives.ReadUInt64LittleEndian(header[32..]), elf.Length));

    private static int CheckedOffset(ulong value, int length) =>
        value <= (ulong)length ? (int)value : throw new InvalidDataException("a table lies outside of the file");

    private static Span<byte> Slice(Span<byte> span, int start, int length) =>
        start >= 0 && length >= 0 && start <= span.Length - length
            ? span.Slice(start, length)
            : throw new InvalidDataException("a table entry lies outside of the file");
}
