using Akka.Actor;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Worker;

namespace DyT.Cluster.Tests;

public sealed class WorkerActorTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly ActorSystem _system = ControlPlane.Start(ControlPlane.WorkerRole, "127.0.0.1", 0, new Timings(TimeSpan.FromSeconds(5)));

    public void Dispose() => _system.Dispose();

    private (IActorRef Actor, WorkerJob Job) Start(double patience)
    {
        var job = new WorkerJob
        {
            Name = "w0",
            RunId = "run",
            Coordinators = [ControlPlane.AddressAt("127.0.0.1", 1)], // nobody listens there
            Timings = new Timings(TimeSpan.FromSeconds(5)),
            OrphanPatience = TimeSpan.FromSeconds(60),
            Host = "127.0.0.1",
            DataPort = 1,
            Secret = new byte[32],
            Patience = new Patience(TimeSpan.FromSeconds(patience)),
            Connect = (_, _, _) => throw new InvalidOperationException("no generation was to begin"),
            OpenSession = _ => throw new InvalidOperationException("no session was to be opened"),
        };
        return (_system.ActorOf(Props.Create(() => new WorkerActor(job))), job);
    }

    [Fact]
    public async Task Orders_of_anybody_but_the_coordinator_are_not_followed()
    {
        var (actor, job) = Start(patience: 60);
        foreach (var order in new object[] { new Shutdown(), new Refused("go away"), new Welcome("run", "/etc", "name: x\n", 0), new StopRun() })
            actor.Tell(order);
        await actor.Ask<ActorIdentity>(new Identify(1), Deadline); // all before it have been handled
        Assert.False(job.Ended.Task.IsCompleted);
    }

    [Fact]
    public async Task A_challenge_of_anybody_but_a_coordinator_is_not_answered()
    {
        var (actor, _) = Start(patience: 60);
        using var stranger = Inbox.Create(_system);
        stranger.Send(actor, new RegistrationChallenge(new byte[32]));
        stranger.Send(actor, new Identify(1));
        Assert.IsType<ActorIdentity>(await stranger.ReceiveAsync(Deadline)); // and no registration before it
    }

    [Fact]
    public async Task A_worker_that_cannot_reach_its_coordinator_ends_with_code_one()
    {
        var (_, job) = Start(patience: 0.1);
        Assert.Equal(1, await job.Ended.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_worker_whose_actor_ended_does_not_live_on_as_a_ghost()
    {
        var (actor, job) = Start(patience: 60);
        _system.Stop(actor);
        Assert.Equal(1, await job.Ended.Task.WaitAsync(Deadline));
    }
}
