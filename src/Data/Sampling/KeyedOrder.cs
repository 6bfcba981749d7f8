namespace DyT.Data;

/// <summary>Items in an order that a seed decides, by which some are kept for validation.</summary>
internal static class KeyedOrder
{
    /// <summary>The numbers 0..count-1, each once.</summary>
    public static int[] Of(int count, long seed)
    {
        var keys = new ulong[count];
        var order = new int[count];
        var key = KeyedHash.Combine(unchecked((ulong)seed), 0x73706C6974); // "split"
        for (var i = 0; i < count; i++) (keys[i], order[i]) = (KeyedHash.Combine(key, (ulong)i), i);
        Array.Sort(keys, order);
        return order;
    }
}
