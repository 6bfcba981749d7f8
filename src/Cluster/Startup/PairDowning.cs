using Akka.Actor;
using Akka.Cluster;

namespace DyT.Cluster.Startup;

/// <summary>
/// The downing of one or two coordinators. Of two, neither is a majority: each takes the other for dead when it was unreachable for a while, and both may go on.
/// That is safe here, and here alone, because only the one that holds the lock in the run's folder decides.
/// </summary>
public sealed class PairDowning(ActorSystem system, Akka.Cluster.Cluster cluster) : IDowningProvider
{
    internal const string StableAfterKey = "dyt.pair-downing.stable-after";

    public TimeSpan DownRemovalMargin => system.Settings.Config.GetTimeSpan("akka.cluster.down-removal-margin", null, false);

    public Props DowningActorProps => Props.Create(() => new Downing(cluster, system.Settings.Config.GetTimeSpan(StableAfterKey, null, false)));

    private sealed class Downing : ReceiveActor, IWithTimers
    {
        private readonly Akka.Cluster.Cluster _cluster;

        public Downing(Akka.Cluster.Cluster cluster, TimeSpan stableAfter)
        {
            _cluster = cluster; // by hand: asking for it while it is being made would wait for itself
            Receive<ClusterEvent.UnreachableMember>(m => Timers.StartSingleTimer(m.Member.UniqueAddress, new Overdue(m.Member.UniqueAddress), stableAfter));
            Receive<ClusterEvent.ReachableMember>(m => Timers.Cancel(m.Member.UniqueAddress));
            Receive<Overdue>(OnOverdue);
        }

        public ITimerScheduler Timers { get; set; } = null!;

        private void OnOverdue(Overdue overdue)
        {
            // Not the process that was started again at that address in the meantime.
            if (_cluster.State.Unreachable.Any(m => m.UniqueAddress.Equals(overdue.Who)))
                _cluster.Down(overdue.Who.Address);
        }

        protected override void PreStart() =>
            _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.UnreachableMember), typeof(ClusterEvent.ReachableMember));

        protected override void PostStop() => _cluster.Unsubscribe(Self);

        private sealed record Overdue(UniqueAddress Who);
    }
}
