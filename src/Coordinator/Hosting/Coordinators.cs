using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using DyT.Cluster.Startup;

namespace DyT.Coordinator.Hosting;

/// <summary>The small cluster of coordinators: the oldest decides, the others stand by.</summary>
public static class Coordinators
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Joins the others; when none of them answers, begins a cluster of its own. Two clusters that do not know of each other do no harm: only one of their
    /// singletons gets the run's <see cref="LeaderLock"/>.
    /// </summary>
    public static void Join(ActorSystem system, IReadOnlyList<Address> others)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        if (others.Count == 0)
        {
            cluster.Join(cluster.SelfAddress);
            return;
        }

        cluster.JoinSeedNodes(others);
        var joined = false;
        cluster.RegisterOnMemberUp(() => Volatile.Write(ref joined, true));
        system.Scheduler.Advanced.ScheduleOnce(JoinPatience, () =>
        {
            if (!Volatile.Read(ref joined))
                cluster.Join(cluster.SelfAddress);
        });
    }

    /// <summary>Starts the actor on whichever coordinator is the oldest; where it can be spoken to when that is this process.</summary>
    public static ActorSelection StartSingleton(ActorSystem system, Props coordinator)
    {
        var settings = ClusterSingletonManagerSettings.Create(system).WithRole(ControlPlane.CoordinatorRole).WithSingletonName("singleton");
        system.ActorOf(ClusterSingletonManager.Props(coordinator, PoisonPill.Instance, settings), "coordinator");
        return system.ActorSelection("/" + ControlPlane.CoordinatorPath);
    }
}
