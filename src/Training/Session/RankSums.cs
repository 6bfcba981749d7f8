using System.Runtime.InteropServices;
using DyT.Collectives;

namespace DyT.Training.Session;

internal static class RankSums
{
    /// <summary>The sum of what each rank gives, added up in the ranks' order: the same bits on all.</summary>
    public static double SumOverRanks(this ICollective collective, double value)
    {
        var all = new byte[sizeof(double) * collective.WorldSize];
        collective.AllGather(BitConverter.GetBytes(value), all);
        var sum = 0.0;
        foreach (var one in MemoryMarshal.Cast<byte, double>(all))
            sum += one;
        return sum;
    }
}
