namespace DyT.Collectives.Tests;

/// <summary>Seeded leaves and their sum by the canonical tree's definition, top down, in plain scalar code.</summary>
internal static class TreeReference
{
    /// <summary>Values of very different sizes, so that any other order of addition gives other bits.</summary>
    public static float[] Leaf(int microShard, int length, int salt = 0)
    {
        var random = new Random(7919 * microShard + salt);
        var values = new float[length];
        for (var i = 0; i < length; i++)
            values[i] = (float)(random.NextDouble() - 0.5) * (1 << random.Next(0, 24));
        return values;
    }

    public static float[] Sum(int microShards, int length, int salt = 0) => Node(0, PowerOfTwoAtLeast(microShards), microShards, length, salt);

    /// <summary>This rank's partial sums, as a worker would bring them.</summary>
    public static List<Memory<float>> Partials(ShardRange range, int microShards, int length, int salt = 0) =>
        [.. CanonicalTree.Cover(range, microShards).Select(n => new Memory<float>(Node(n.Start, PowerOfTwoAtLeast(n.Count), microShards, length, salt)))];

    private static float[] Node(int start, int size, int v, int length, int salt)
    {
        if (size == 1)
            return Leaf(start, length, salt);
        var left = Node(start, size / 2, v, length, salt);
        if (start + size / 2 >= v)
            return left;
        var right = Node(start + size / 2, size / 2, v, length, salt);
        for (var i = 0; i < length; i++)
            left[i] += right[i];
        return left;
    }

    private static int PowerOfTwoAtLeast(int n) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)n);
}
