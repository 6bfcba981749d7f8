using System.Runtime.InteropServices;
using DyT.Collectives;

namespace DyT.Training.Session;

internal static class RankValues
{
    /// <summary>What each rank gives, by rank: the same on all.</summary>
    public static double[] GatherFromRanks(this ICollective collective, double value)
    {
        var all = new double[collective.WorldSize];
        var bytes = new byte[sizeof(double) * all.Length];
        collective.AllGather(BitConverter.GetBytes(value), bytes);
        MemoryMarshal.Cast<byte, double>(bytes).CopyTo(all);
        return all;
    }
}
