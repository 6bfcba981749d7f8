using System.Runtime.InteropServices;
using CsCheck;

namespace DyT.Collectives.Tests;

public sealed class Bf16Tests
{
    private static readonly uint[] LowerHalves = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF];

    // Any bits, and often ones whose lower half is a tie or beside one.
    private static readonly Gen<float> Any = Gen.Select(Gen.UInt, Gen.Int[0, 5].Select(i => LowerHalves[i]), Gen.Bool)
        .Select((bits, low, near) => BitConverter.UInt32BitsToSingle(near ? (bits & 0xFFFF0000) | low : bits));

    private static ushort[] Narrowed(float[] values)
    {
        var bits = new ushort[values.Length];
        Bf16.Narrow(values, bits);
        return bits;
    }

    [Fact]
    public void Any_number_of_values_becomes_the_nearest_ones() =>
        Any.Array[0, 150].Sample(values => Assert.Equal(values.Select(Bf16Reference.Bits), Narrowed(values)), iter: 2000);

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)] // a tie: to even, down
    [InlineData(0x3F818000u, 0x3F82)] // a tie: to even, up
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x3F817FFFu, 0x3F81)]
    [InlineData(0x3FFFFFFFu, 0x4000)] // into the next power of two
    [InlineData(0x00000000u, 0x0000)]
    [InlineData(0x80000000u, 0x8000)]
    [InlineData(0x00008000u, 0x0000)] // subnormal
    [InlineData(0x80018000u, 0x8002)]
    [InlineData(0x7F7F7FFFu, 0x7F7F)]
    [InlineData(0x7F7F8000u, 0x7F80)] // beyond the largest: infinite
    [InlineData(0xFF7FFFFFu, 0xFF80)]
    [InlineData(0x7F800000u, 0x7F80)]
    [InlineData(0xFF800000u, 0xFF80)]
    [InlineData(0x7F800001u, 0x7FC0)] // a NaN that is cut off to infinity
    [InlineData(0xFFFFFFFFu, 0x7FC0)] // a NaN that is rounded up to zero
    [InlineData(0x7FC00000u, 0x7FC0)]
    public void Ties_limits_and_what_is_no_number(uint bits, int expected)
    {
        var value = BitConverter.UInt32BitsToSingle(bits);
        Assert.Equal(expected, Bf16Reference.Bits(value));
        Assert.Equal(expected, Bf16.Narrow(value));
        Assert.All(Narrowed([.. Enumerable.Repeat(value, 63)]), b => Assert.Equal(expected, b)); // each vector width and the rest
    }

    [Fact]
    public void All_bf16_values_survive_the_way_there_and_back()
    {
        var bits = Enumerable.Range(0, 1 << 16).Select(b => (ushort)b).ToArray();
        var values = new float[bits.Length];
        Bf16.Widen(bits, values);
        Assert.All(bits, b => Assert.Equal((uint)b << 16, BitConverter.SingleToUInt32Bits(values[b])));
        var back = Narrowed(values);
        Assert.All(bits, b => Assert.Equal(float.IsNaN(values[b]) ? 0x7FC0 : b, back[b]));
    }

    [Fact]
    public void In_its_own_memory_it_is_the_same() =>
        Any.Array[0, 150].Sample(
            values =>
            {
                var expected = values.Select(Bf16Reference.Bits).ToArray();
                var memory = values.ToArray();
                Bf16.NarrowInPlace(memory);
                var halves = MemoryMarshal.Cast<float, ushort>(memory.AsSpan());
                Assert.Equal(expected, halves[..values.Length].ToArray());
                halves[..values.Length].CopyTo(halves[values.Length..]);
                Bf16.WidenInPlace(memory);
                Assert.Equal(expected.Select(b => (uint)b << 16), memory.Select(BitConverter.SingleToUInt32Bits));
            },
            iter: 2000);

    [Fact]
    public void Lengths_that_differ_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Bf16.Narrow(new float[3], new ushort[2]));
        Assert.Throws<ArgumentException>(() => Bf16.Widen(new ushort[2], new float[3]));
    }
}
