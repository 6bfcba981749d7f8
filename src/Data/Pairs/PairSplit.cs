using System.Buffers.Binary;

namespace DyT.Data.Pairs;

/// <summary>Which pairs are trained on, which validated on and which kept aside: a pure function of the pairs' texts and the seed, so the same pair never stands on two sides.</summary>
internal static class PairSplit
{
    /// <param name="pairs">All of them.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="valFraction">Share for validation.</param>
    /// <param name="testFraction">Share kept aside.</param>
    /// <param name="maxChars">At most so many characters of both texts, whole pairs; null: all.</param>
    /// <returns>Numbers of the pairs of each part, rising.</returns>
    public static (int[] Train, int[] Validation, int[] Test) Of(IReadOnlyList<TextPair> pairs, long seed, double valFraction, double testFraction, long? maxChars)
    {
        var keys = new ulong[pairs.Count];
        var order = new int[pairs.Count];
        for (var i = 0; i < order.Length; i++) (keys[i], order[i]) = (Key(pairs[i], seed), i);
        Array.Sort(order, (a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));

        var taken = 0;
        for (var left = maxChars ?? long.MaxValue; taken < order.Length; taken++)
        {
            left -= pairs[order[taken]].Source.Length + pairs[order[taken]].Target.Length;
            if (left < 0) break;
        }

        var test = Border(order, keys, (int)Math.Round(taken * testFraction), taken);
        var validation = Border(order, keys, test + (int)Math.Max(1, Math.Round(taken * valFraction)), taken);
        return (Rising(order[validation..taken]), Rising(order[test..validation]), Rising(order[..test]));
    }

    /// <summary>At or after a place, the first that does not cut a run of the same pair.</summary>
    private static int Border(int[] order, ulong[] keys, int at, int end)
    {
        at = Math.Min(at, end);
        while (at > 0 && at < end && keys[order[at]] == keys[order[at - 1]]) at++;
        return at;
    }

    private static int[] Rising(int[] numbers)
    {
        Array.Sort(numbers);
        return numbers;
    }

    private static ulong Key(TextPair pair, long seed)
    {
        using var digest = new Digest();
        return BinaryPrimitives.ReadUInt64BigEndian(Convert.FromHexString(digest.Add("split").Add(seed).Add(pair.Source).Add(pair.Target).Hex()));
    }
}
