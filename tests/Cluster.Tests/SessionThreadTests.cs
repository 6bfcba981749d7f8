using System.Collections.Concurrent;
using DyT.Cluster.Messages;
using DyT.Collectives;
using DyT.Config;
using DyT.Worker;

namespace DyT.Cluster.Tests;

public sealed class SessionThreadTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly BlockingCollection<IControlMessage> _told = [];
    private readonly ConcurrentBag<long> _broken = [];
    private readonly SessionThread _thread;

    public SessionThreadTests() => _thread = new SessionThread(new SessionDoors("w0", (plan, _, _) => new LocalCollective(plan), _told.Add, new FlightRecorder(), _broken.Add));

    public void Dispose()
    {
        _thread.Dispose();
        _told.Dispose();
    }

    private static GenerationPlan Plan(long number) => new("run", number, 2, [new GenerationMember("w0", "host", 1, new ShardRange(0, 2))]);

    private T Next<T>()
        where T : IControlMessage
    {
        while (_told.TryTake(out var message, Deadline))
        {
            if (message is T found)
                return found;
        }

        throw new TimeoutException($"no {typeof(T).Name} came");
    }

    /// <summary>A session that stops computing in step 3 until told to go on.</summary>
    private static FakeSession Busy(int steps, ManualResetEventSlim reached, ManualResetEventSlim goOn) => new(steps)
    {
        AfterStep = step =>
        {
            if (step != 3)
                return;
            reached.Set();
            goOn.Wait();
        },
    };

    [Fact]
    public void An_abort_during_computing_is_answered_when_the_session_looks_up()
    {
        using var reached = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        _thread.Open(() => Busy(10, reached, goOn));
        Assert.Equal(0, Next<WorkerReady>().CommittedStep);
        _thread.Start(Plan(1));
        Assert.True(reached.Wait(Deadline));
        _thread.Abort(1, "w1 is gone");
        Assert.DoesNotContain(_told, m => m is GenerationFailed);
        goOn.Set();
        var failed = Next<GenerationFailed>();
        Assert.Equal((1, 3, null), (failed.Generation, failed.CommittedStep, failed.LostPeer));
    }

    [Fact]
    public void After_an_abort_the_next_generation_runs_on_from_the_committed_step()
    {
        using var reached = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        _thread.Open(() => Busy(10, reached, goOn));
        _thread.Start(Plan(1));
        Assert.True(reached.Wait(Deadline));
        _thread.Start(Plan(2)); // breaks the first by itself
        goOn.Set();
        Assert.Equal(1, Next<GenerationFailed>().Generation);
        while (Next<StepReported>().Metrics.Step != 4)
        {
        }

        var end = Next<SessionEnded>();
        Assert.Equal((2, 10), (end.Generation, end.Step));
    }

    [Fact]
    public void An_abort_that_comes_after_the_end_is_answered_too()
    {
        _thread.Open(() => new FakeSession(5));
        _thread.Start(Plan(1));
        Next<SessionEnded>();
        _thread.Abort(1, "w1 is gone");
        Assert.Equal(5, Next<GenerationFailed>().CommittedStep);
    }

    [Fact]
    public void A_new_coordinator_hears_where_the_worker_stands_and_the_steps_that_its_ledger_lacks()
    {
        _thread.Open(() => new FakeSession(5));
        _thread.Start(Plan(1));
        Next<SessionEnded>();
        while (_told.TryTake(out _))
        {
        }

        _thread.Announce(3);
        Assert.Equal(5, Next<WorkerReady>().CommittedStep);
        Assert.Equal(4, Next<StepReported>().Metrics.Step);
        Assert.Equal(5, Next<StepReported>().Metrics.Step);
        Assert.Equal(5, Next<SessionEnded>().Step);
    }

    [Fact]
    public void An_offered_generation_is_gone_over_to_after_a_step()
    {
        using var reached = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        _thread.Open(() => Busy(10, reached, goOn));
        _thread.Start(Plan(1));
        Assert.True(reached.Wait(Deadline));
        _thread.Offer(Plan(2));
        _thread.Start(Plan(2)); // stale by now: the same number
        goOn.Set();
        while (Next<GenerationEntered>().Generation != 2)
        {
        }

        Assert.Equal((2, 10), (Next<SessionEnded>() is var end ? end.Generation : 0, end.Step));
        Assert.Empty(_broken);
    }

    [Fact]
    public void Whoever_is_not_in_the_offered_generation_lets_go_and_says_so()
    {
        using var reached = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        _thread.Open(() => Busy(10, reached, goOn));
        _thread.Start(Plan(1));
        Assert.True(reached.Wait(Deadline));
        _thread.Offer(new GenerationPlan("run", 2, 2, [new GenerationMember("w1", "host", 1, new ShardRange(0, 2))]));
        goOn.Set();
        Assert.Equal((2, 4), (Next<GenerationLeft>() is var left ? left.Generation : 0, left.Step));
    }

    [Fact]
    public void What_a_person_can_mend_is_told_in_its_own_words_and_anything_else_points_to_the_log()
    {
        _thread.Open(() => throw new UserErrorException("no data at /x"));
        Assert.Equal("no data at /x", Next<WorkerFailed>().Message);
        _thread.Open(() => throw new InvalidOperationException("oops"));
        var message = Next<WorkerFailed>().Message;
        Assert.Contains("InvalidOperationException", message, StringComparison.Ordinal);
        Assert.Contains("log", message, StringComparison.Ordinal);
    }
}
