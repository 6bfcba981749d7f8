using DyT.Collectives;
using DyT.Config;
using DyT.Training.Gradients;

namespace DyT.Training.Session;

/// <summary>Whether a generation's communication goes on beside computing (<c>cluster.overlap</c>).</summary>
internal static class Overlapping
{
    /// <summary>Where communication goes on; null where the computing thread does it. All ranks come to the same, for with it the order of their operations is another.</summary>
    public static CommunicationThread? ThreadFor(SessionParts parts, ICollective collective)
    {
        if (collective.WorldSize == 1)
            return null; // nothing to hide
        var cluster = parts.Config.Cluster;
        var computing = collective.Plan.Members.Count(member => !member.IsObserver);
        return cluster.Overlap switch
        {
            OverlapMode.Always => parts.CommunicationThread,
            OverlapMode.Never => null,
            _ => AnySays(collective, Pays(collective.SharesMemory, computing, cluster.ThreadsPerWorker, Environment.ProcessorCount)) ? parts.CommunicationThread : null,
        };
    }

    /// <summary>
    /// Whether it takes less time than it hides. Through shared memory a reduction is soon done when all ranks come to it at once, but has to be woken and waited for, on both sides, beside threads that keep every core busy.
    /// </summary>
    /// <param name="sharesMemory">Whether all ranks stand on this host and share memory.</param>
    /// <param name="computing">Ranks that compute gradients.</param>
    /// <param name="threads">Computing threads of each.</param>
    /// <param name="processors">Of this host.</param>
    public static bool Pays(bool sharesMemory, int computing, int threads, int processors) => !sharesMemory || (long)computing * threads < processors;

    // One that reduces through the network gains from it, and the others lose little.
    private static bool AnySays(ICollective collective, bool own)
    {
        var all = new byte[collective.WorldSize];
        collective.AllGather(new[] { own ? (byte)1 : (byte)0 }, all);
        return all.Any(said => said != 0);
    }
}
