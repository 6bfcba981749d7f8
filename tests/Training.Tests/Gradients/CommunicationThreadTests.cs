using DyT.Collectives;
using DyT.Training.Gradients;

namespace DyT.Training.Tests.Gradients;

public sealed class CommunicationThreadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Items_are_done_in_order_on_one_thread_none_before_it_is_allowed()
    {
        using var thread = new CommunicationThread();
        var threads = new HashSet<int>();
        for (var step = 0; step < 50; step++)
        {
            var done = new List<int>();
            var allowed = 0;
            thread.Begin(5, item =>
            {
                Assert.True(item < Volatile.Read(ref allowed));
                threads.Add(Environment.CurrentManagedThreadId);
                done.Add(item);
            });
            foreach (var count in new[] { 2, 1, 3, 3 }) // never takes back
            {
                Volatile.Write(ref allowed, Math.Max(allowed, count));
                thread.Allow(count);
            }

            Volatile.Write(ref allowed, 5);
            thread.Complete();
            Assert.Equal([0, 1, 2, 3, 4], done);
            Assert.True(thread.IsIdle);
        }

        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
        Assert.Single(threads);
    }

    [Fact]
    public void An_allowed_item_is_done_while_the_other_thread_goes_on()
    {
        using var thread = new CommunicationThread();
        using var first = new ManualResetEventSlim();
        thread.Begin(2, _ => first.Set());
        thread.Allow(1);
        Assert.True(first.Wait(Patience, TestContext.Current.CancellationToken)); // before Complete
        thread.Complete();
    }

    [Fact]
    public void A_failure_is_thrown_by_Complete_as_itself_and_nothing_follows_it()
    {
        using var thread = new CommunicationThread();
        var failure = new InvalidDataException("item 1");
        var done = new List<int>();
        thread.Begin(4, item =>
        {
            done.Add(item);
            if (item == 1)
                throw failure;
        });
        thread.Allow(3);
        Assert.Same(failure, Assert.Throws<InvalidDataException>(thread.Complete));
        Assert.Equal([0, 1], done);

        // The next step is none the worse.
        thread.Begin(1, done.Add);
        thread.Complete();
        Assert.Equal([0, 1, 0], done);
    }

    [Fact]
    public void Await_returns_with_the_items_that_it_was_asked_for_and_throws_a_failure_until_the_work_is_abandoned()
    {
        using var thread = new CommunicationThread();
        using var go = new ManualResetEventSlim();
        var done = new List<int>();
        thread.Begin(3, item =>
        {
            if (item == 1)
                go.Wait(Patience);
            if (item == 2)
                throw new InvalidDataException("item 2");
            done.Add(item);
        });
        thread.Allow(3);
        thread.Await(0);
        thread.Await(1); // while the second is in hand
        Assert.Equal(0, done[0]);
        go.Set();
        Assert.Throws<InvalidDataException>(() => thread.Await(3));
        Assert.Throws<InvalidDataException>(() => thread.Await(3));
        Assert.Equal([0, 1], done);
        thread.Abandon(new Deaf());
        Assert.True(thread.IsIdle);
    }

    [Fact]
    public void Abandon_returns_only_when_the_item_in_hand_has_ended_and_begins_no_other()
    {
        using var thread = new CommunicationThread();
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var ended = new List<int>();
        var collective = new Deaf();
        thread.Begin(3, item =>
        {
            entered.Set();
            go.Wait(Patience);
            ended.Add(item);
        });
        thread.Allow(3);
        Assert.True(entered.Wait(Patience, TestContext.Current.CancellationToken));
        var dropping = new Thread(() => thread.Abandon(collective));
        dropping.Start();
        Assert.True(SpinWait.SpinUntil(() => dropping.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
        Assert.Empty(ended);
        Assert.True(collective.IsAborted);
        go.Set();
        Assert.True(dropping.Join(Patience));
        Assert.Equal([0], ended);
        Assert.True(thread.IsIdle);
    }

    /// <summary>Nothing wakes those who wait in it.</summary>
    private sealed class Deaf() : DelegatingCollective(new LocalCollective(new GenerationPlan("run", 1, 1, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, 1))])))
    {
        public bool IsAborted { get; private set; }

        public override void Abort(string reason) => IsAborted = true;
    }

    [Fact]
    public void Two_steps_at_once_are_refused()
    {
        using var thread = new CommunicationThread();
        thread.Begin(1, _ => { });
        Assert.Throws<InvalidOperationException>(() => thread.Begin(1, _ => { }));
        thread.Complete();
    }
}
