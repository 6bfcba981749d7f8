using DyT.Model;
using DyT.Training.Optimization;

namespace DyT.Training.Sharding;

/// <summary>Which weights must be here for which part of forward.</summary>
public static class BlocksNeeded
{
    /// <summary>
    /// For each mark 0, 1, ..., <see cref="GradientMarks.End"/>, how many of the blocks, from the first, hold all weights that forward reads at that mark: those whose gradients backward
    /// finishes there. What has no mark of its own is read from the beginning, at End; and after that, forward passes falling marks.
    /// </summary>
    public static int[] By(IReadOnlyList<FlatRange> blocks, FlatLayout layout, GradientMarks marks)
    {
        var needed = new int[marks.End + 1];
        foreach (var (entry, mark) in layout.Entries.Zip(marks.OfEntries))
        {
            var range = new FlatRange(entry.Offset, entry.Offset + entry.Length);
            for (var block = 0; block < blocks.Count; block++)
            {
                if (!blocks[block].Intersect(range).IsEmpty)
                    needed[mark] = Math.Max(needed[mark], block + 1);
            }
        }

        return needed;
    }
}
