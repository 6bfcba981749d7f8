using System.Buffers.Binary;
using System.Text;
using CsCheck;
using DyT.Build;

namespace DyT.Architecture.Tests;

public sealed class ElfVersionNeedsTests
{
    private const int NeedsOffset = 64;
    private const int StringsOffset = 160;
    private const int SectionsOffset = 256;

    // A minimal ELF: header, one .gnu.version_r with one library that needs two versions, its string table, three section headers.
    private static byte[] Library(params string[] versions)
    {
        var elf = new byte[SectionsOffset + 3 * 64];
        "\u007fELF"u8.CopyTo(elf);
        elf[4] = 2; // 64-bit
        elf[5] = 1; // little endian
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(40), SectionsOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(60), 3);

        var needs = elf.AsSpan(NeedsOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(needs, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(needs[2..], (ushort)versions.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(needs[8..], 16);
        var name = 1;
        for (var i = 0; i < versions.Length; i++)
        {
            var aux = needs[(16 + 16 * i)..];
            BinaryPrimitives.WriteUInt32LittleEndian(aux[8..], (uint)name);
            BinaryPrimitives.WriteUInt32LittleEndian(aux[12..], i + 1 < versions.Length ? 16u : 0);
            Encoding.ASCII.GetBytes(versions[i]).CopyTo(elf.AsSpan(StringsOffset + name));
            name += versions[i].Length + 1;
        }

        Section(elf, 1, 0x6ffffffe, NeedsOffset, 16 + 16 * versions.Length, link: 2);
        Section(elf, 2, 3, StringsOffset, SectionsOffset - StringsOffset, link: 0);
        return elf;
    }

    private static void Section(byte[] elf, int index, uint type, int offset, int size, uint link)
    {
        var header = elf.AsSpan(SectionsOffset + 64 * index);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)size);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], link);
    }

    [Fact]
    public void Only_the_named_version_becomes_weak()
    {
        var before = Library("GLIBCXX_3.4.3", "GLIBCXX_3.4.32", "CXXABI_1.3");
        var after = before.ToArray();

        Assert.Equal(1, ElfVersionNeeds.Weaken(after, "GLIBCXX_3.4.32"));

        var changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
        var flags = NeedsOffset + 16 + 16 * 1 + 4; // the second auxiliary entry's flags
        Assert.Equal([flags], changed);
        Assert.Equal(2, after[flags]);
    }

    [Fact]
    public void A_library_that_does_not_need_the_version_stays_as_it_is()
    {
        var elf = Library("GLIBCXX_3.4.3");
        var before = elf.ToArray();
        Assert.Equal(0, ElfVersionNeeds.Weaken(elf, "GLIBCXX_3.4.32"));
        Assert.Equal(before, elf);
    }

    [Fact]
    public void Damaged_files_are_refused_and_never_crash() =>
        (from at in Gen.Int[0, SectionsOffset + 3 * 64 - 1] from value in Gen.Byte from cut in Gen.Int[0, SectionsOffset + 3 * 64] select (at, value, cut)).Sample(t =>
        {
            var elf = Library("GLIBCXX_3.4.3", "GLIBCXX_3.4.32");
            elf[t.at] = t.value;
            try
            {
                ElfVersionNeeds.Weaken(elf.AsSpan(0, t.cut), "GLIBCXX_3.4.32");
            }
            catch (InvalidDataException)
            {
                // The one exception that is allowed.
            }
        });
}
