using System.Runtime.InteropServices;
using CsCheck;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>Reductions and gathers of memory that peers of the host read where it stands.</summary>
public sealed class LendingTests
{
    private static DataPlaneOptions Options => Generation.Options with { Transport = DataTransport.Shm };

    [Fact]
    public void Any_cut_of_the_micro_shards_gives_the_bits_of_the_serial_tree() =>
        (from v in Gen.Int[2, 12] from cuts in Gen.Int[0, 12].Array[1, 3] from length in Gen.Int[100_000, 400_000] from without in Gen.Int[0, 4] select (v, cuts, length, without))
            .Sample(
                t =>
                {
                    int[] borders = [0, .. t.cuts.Where(c => c <= t.v).Append(1).Order(), t.v];
                    Check([.. borders.Zip(borders.Skip(1), (a, b) => new ShardRange(a, b))], t.length, t.without);
                },
                iter: 6,
                threads: 1);

    /// <param name="without">The rank that has no arena, if there is such a rank: what is its own is copied.</param>
    private static void Check(ShardRange[] ranges, int length, int without)
    {
        var v = ranges[^1].End;
        var arenas = ranges.Select(_ => new SharedArena()).ToArray();
        foreach (var (arena, rank) in arenas.Select((a, rank) => (a, rank)).Where(p => p.rank != without))
            arena.Reserve(12, length);
        using (var generation = Generation.Open(ranges, rank => Options with { Arena = arenas[rank] }))
        {
            var own = ranges.Select((range, rank) => Partials(arenas[rank], range, v, length)).ToArray();
            for (var round = 0; round < 2; round++)
            {
                var expected = TreeReference.Sum(v, length, round);
                generation.Each(c =>
                {
                    var partials = own[c.Rank].ConvertAll(p => p);
                    Fill(partials, ranges[c.Rank], v, length, round);
                    var sum = partials.Count > 0 ? partials[0] : new float[length]; // the result lies over a partial sum
                    c.AllReduce(partials, sum);
                    Assert.True(Bits(expected).SequenceEqual(Bits(sum.Span)), $"all-reduce, {string.Join(' ', ranges)}, {length} elements");

                    Fill(partials, ranges[c.Rank], v, length, round);
                    var (start, end) = Slicing.Of(length, c.Rank, c.WorldSize);
                    c.ReduceScatter(partials, length, sum[start..end]);
                    c.AllGather(sum);
                    Assert.True(Bits(expected).SequenceEqual(Bits(sum.Span)), $"reduce-scatter and all-gather, {string.Join(' ', ranges)}, {length} elements");
                });
            }
        }

        foreach (var arena in arenas)
            arena.Dispose();
    }

    private static List<Memory<float>> Partials(SharedArena arena, ShardRange range, int v, int length) =>
        [.. CanonicalTree.Cover(range, v).Select(_ => arena.TryAllocate(length) ?? new float[length])];

    private static void Fill(List<Memory<float>> partials, ShardRange range, int v, int length, int salt)
    {
        foreach (var (to, from) in partials.Zip(TreeReference.Partials(range, v, length, salt)))
            from.CopyTo(to);
    }

    private static ReadOnlySpan<int> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values);

    [Fact]
    public void What_is_lent_is_read_from_its_owners_memory_and_nowhere_else()
    {
        const int length = 3 * 2 * 65_536; // whole chunks: the rest of one would be small enough to be copied
        using var arena = new SharedArena(); // of rank 1
        arena.Reserve(1, length);
        var lent = arena.TryAllocate(length)!.Value;
        lent.Span.Fill(1);
        // What rank 0 takes for rank 1's memory is another one, so that it shows where it reads.
        using var decoy = new SharedArena();
        decoy.Reserve(1, length);
        decoy.TryAllocate(length)!.Value.Span.Fill(1000);
        var seen = decoy.Place!.Map(decoy.Id);
        ShardRange[] ranges = [new(0, 1), new(1, 2), new(2, 2)];
        using var generation = MixedGeneration.Open(ranges, Generation.Options, rank => rank == 0 ? new ArenaShare(null, seen) : new ArenaShare(arena, null));
        var sums = new float[3][];
        Generation.OnThreads(3, rank =>
        {
            sums[rank] = new float[length];
            Memory<float>[] partials = rank switch { 0 => [Enumerable.Repeat(2f, length).ToArray()], 1 => [lent], _ => [] };
            generation.Ranks[rank].AllReduce(partials, sums[rank]);
        });
        var (_, end) = Slicing.Of(length, 0, 3);
        Assert.All(sums, s => Assert.All(s[..end], v => Assert.Equal(1002, v)));
        Assert.All(sums, s => Assert.All(s[end..], v => Assert.Equal(3, v))); // rank 1's own slice, and rank 2's, to which it goes by TCP
    }

    [Fact]
    public void Memory_that_was_not_shared_cannot_be_lent()
    {
        const int length = 400_000;
        using var arena = new SharedArena();
        arena.Reserve(1, length);
        var lent = arena.TryAllocate(length)!.Value;
        ShardRange[] ranges = [new(0, 1), new(1, 2), new(2, 2)];
        using var generation = MixedGeneration.Open(ranges, Generation.Options, rank => new ArenaShare(rank == 1 ? arena : null, null)); // rank 0 has not mapped it
        var failures = new Exception?[3];
        Generation.OnThreads(3, rank => failures[rank] = Record.Exception(() => generation.Ranks[rank].AllReduce(rank switch { 0 => [new float[length]], 1 => [lent], _ => [] }, new float[length])));
        Assert.Contains("it lent memory that it has not shared", Assert.IsType<PeerLostException>(failures[0]).Message, StringComparison.Ordinal);
        Assert.All(failures, Assert.NotNull);
    }
}
