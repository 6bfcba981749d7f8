using CsCheck;

namespace DyT.Data.Tests;

public class FeistelPermutationTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(7), InlineData(8), InlineData(97)]
    [InlineData(255), InlineData(256), InlineData(257), InlineData(4096), InlineData(65537)]
    public void Every_value_comes_exactly_once(int size)
    {
        var permutation = new FeistelPermutation(0xFEEDUL, size);
        var seen = new bool[size];
        for (var position = 0; position < size; position++)
        {
            var value = permutation[position];
            Assert.False(seen[value], $"{value} came twice");
            seen[value] = true;
        }
    }

    [Fact]
    public void Any_key_and_size_give_a_permutation() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 2000]).Sample((key, size) =>
        {
            var permutation = new FeistelPermutation(key, size);
            return Enumerable.Range(0, size).Select(p => permutation[p]).Distinct().Count() == size;
        }, iter: 200);

    [Fact]
    public void Huge_ranges_stay_in_range() =>
        Gen.Select(Gen.ULong, Gen.Long[1, long.MaxValue], Gen.Double[0, 1]).Sample((key, size, at) =>
        {
            var position = Math.Min(size - 1, (long)(at * size));
            var value = new FeistelPermutation(key, size)[Math.Max(0, position)];
            return value >= 0 && value < size;
        }, iter: 2000);

    [Fact]
    public void The_values_are_pinned()
    {
        // Computed by an independent implementation with unbounded integers.
        var permutation = new FeistelPermutation(42, 10);
        Assert.Equal([4, 7, 6, 2, 9, 3, 0, 1, 5, 8], Enumerable.Range(0, 10).Select(p => permutation[p]));
        Assert.Equal(6238072747940578789UL, KeyedHash.Mix(1));
        Assert.Equal(4260464434883945380UL, KeyedHash.Combine(1, 2));
    }

    [Fact]
    public void Positions_outside_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FeistelPermutation(1, 5)[5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FeistelPermutation(1, 5)[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FeistelPermutation(1, 0));
    }
}
