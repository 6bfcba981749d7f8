using CsCheck;
using DyT.Training.Optimization;

namespace DyT.Training.Tests.Optimization;

public sealed class MomentsTests
{
    [Fact]
    public void Segments_stay_disjoint_and_hold_what_either_held() =>
        (from borders in Gen.Int[0, 60].Array[2, 8] from others in Gen.Int[0, 60].Array[2, 8] select (borders, others)).Sample(t =>
        {
            var (own, more) = (Segments(t.borders), Segments(t.others));
            var joined = new Moments(own).With(more).Segments;
            Assert.Equal(own, joined.Take(own.Count)); // untouched
            Assert.All(joined, s => Assert.False(s.Range.IsEmpty));
            for (var element = 0; element < 60; element++)
            {
                var expected = own.Concat(more).FirstOrDefault(s => s.Range.Contains(At(element)));
                var actual = joined.SingleOrDefault(s => s.Range.Contains(At(element)));
                Assert.Equal(expected is null, actual is null);
                Assert.Equal(expected?.Slice(At(element))[0].Span[0], actual?.Slice(At(element))[0].Span[0]);
            }
        });

    private static FlatRange At(int element) => new(element, element + 1);

    /// <summary>Disjoint segments whose values are their elements' numbers, but for which segment they were in.</summary>
    private static List<MomentSegment> Segments(int[] borders)
    {
        var sorted = borders.Distinct().Order().ToList();
        return [.. sorted.Zip(sorted.Skip(1)).Where((_, i) => i % 2 == 0).Select(p => new FlatRange(p.First, p.Second))
            .Select((range, i) => new MomentSegment(range, [Enumerable.Range(range.Start, range.Length).Select(e => e + 100f * i).ToArray()]))];
    }
}
