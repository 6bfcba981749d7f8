using DyT.Cli.Processes;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Tests.Processes;

/// <summary>The supervision, with shell scripts in the programs' places.</summary>
public sealed class LocalClusterTests
{
    private const string Ready = """echo '{"event":"coordinator_ready","host":"127.0.0.1","port":4711}'""";
    private const string Finished = """echo '{"event":"ended","outcome":"finished","step":5,"message":"done"}'""";
    private const string Stopped = """echo '{"event":"ended","outcome":"stopped","step":3,"message":""}'""";

    private static LocalCluster Cluster(IClusterPlan plan, RecordingObserver observer, RestartPolicy? restarts = null) =>
        new(plan, observer, restarts ?? new RestartPolicy(2, TimeSpan.FromMinutes(10), TimeSpan.FromMilliseconds(1)), TimeProvider.System);

    [Fact]
    public void A_run_that_finishes_returns_what_the_coordinator_said_last()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        // The coordinator ends the run once both workers have written their file; they leave once it is over.
        using var cluster = Cluster(
            new ScriptPlan(scratch.Folder, $"{Ready}; until [ -e $SCRATCH/w0 ] && [ -e $SCRATCH/w1 ]; do sleep 0.02; done; {Finished}; : > $SCRATCH/over", "echo hello from $0 to $1; : > $SCRATCH/$0; until [ -e $SCRATCH/over ]; do sleep 0.02; done", 2, 2),
            observer);
        Assert.Equal(new RunEnded(RunOutcome.Finished, 5, "done"), cluster.Run());
        Assert.Contains("log w1: hello from w1 to 127.0.0.1:4711", observer.Drain());
    }

    [Fact]
    public void Workers_that_are_gone_before_the_coordinators_last_word_is_read_are_no_failure()
    {
        using var scratch = new Scratch();
        // A process is gone for 'kill -0' when its end has been noticed.
        var gone = "until [ -s $SCRATCH/w0 ] && [ -s $SCRATCH/w1 ]; do sleep 0.02; done; while kill -0 $(cat $SCRATCH/w0) 2>/dev/null || kill -0 $(cat $SCRATCH/w1) 2>/dev/null; do sleep 0.02; done";
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, $"{Ready}; {gone}; {Finished}", "echo $$ > $SCRATCH/$0.new; mv $SCRATCH/$0.new $SCRATCH/$0", 2, 2), new RecordingObserver());
        Assert.Equal(RunOutcome.Finished, cluster.Run().Outcome);
    }

    [Fact]
    public void Workers_that_start_beside_the_coordinator_are_told_of_it_by_a_line()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        // The coordinator is ready only when both workers run; they know no address until it is.
        var plan = new ScriptPlan(
            scratch.Folder,
            $"until [ -e $SCRATCH/w0 ] && [ -e $SCRATCH/w1 ]; do sleep 0.02; done; {Ready}; until [ -e $SCRATCH/told-w0 ] && [ -e $SCRATCH/told-w1 ]; do sleep 0.02; done; {Finished}; : > $SCRATCH/over",
            ": > $SCRATCH/$0; read line; echo $0 started with \"[$1]\" and was told $line; : > $SCRATCH/told-$0; until [ -e $SCRATCH/over ]; do sleep 0.02; done",
            2,
            2)
        { TellsWorkersLater = true };
        using var cluster = Cluster(plan, observer);
        Assert.Equal(RunOutcome.Finished, cluster.Run().Outcome);
        Assert.Contains("log w1: w1 started with [] and was told coordinators 127.0.0.1:4711", observer.Drain());
    }

    [Fact]
    public async Task A_stop_before_the_coordinator_is_ready_ends_the_workers_that_wait_for_it()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        var plan = new ScriptPlan(scratch.Folder, $"until [ -e $SCRATCH/w0 ]; do sleep 0.02; done; read line; {Ready}; read line; {Stopped}", ": > $SCRATCH/w0; cat >/dev/null", 1, 1) { TellsWorkersLater = true };
        using var cluster = Cluster(plan, observer);
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(Path.Combine(scratch.Folder, "w0")), TimeSpan.FromSeconds(30)));
        cluster.RequestStop();
        Assert.Equal(RunOutcome.Stopped, (await run).Outcome);
    }

    [Fact]
    public async Task Workers_that_a_ctrl_c_ends_before_the_coordinator_is_ready_are_not_missed()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        var plan = new ScriptPlan(scratch.Folder, $"until [ -e $SCRATCH/w0 ]; do sleep 0.02; done; read line; until [ -e $SCRATCH/go ]; do sleep 0.02; done; {Ready}; read line; {Stopped}", ": > $SCRATCH/$0; read x; exit 130", 2, 2) { TellsWorkersLater = true };
        using var cluster = Cluster(plan, observer);
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => cluster.Snapshot().Count == 3, TimeSpan.FromSeconds(30)));
        cluster.RequestStop();
        Kill(cluster, "w0");
        Kill(cluster, "w1");
        Assert.True(SpinWait.SpinUntil(() => cluster.Snapshot().Count == 1 || run.IsCompleted, TimeSpan.FromSeconds(30)));
        File.WriteAllText(Path.Combine(scratch.Folder, "go"), "");
        Assert.Equal(RunOutcome.Stopped, (await run).Outcome);
        Assert.DoesNotContain(observer.Drain(), l => l.StartsWith("event Notice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Children_that_a_ctrl_c_ended_before_they_could_mind_it_are_started_again_without_a_word_when_no_stop_follows()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        const string interrupted = "if ! [ -e $SCRATCH/$0 ]; then : > $SCRATCH/$0; exit 130; fi; : > $SCRATCH/again-$0";
        var plan = new ScriptPlan(scratch.Folder, $"{interrupted}; until [ -e $SCRATCH/again-w0 ]; do sleep 0.02; done; {Ready}; read line; {Stopped}; : > $SCRATCH/over", $"{interrupted}; until [ -e $SCRATCH/over ]; do sleep 0.02; done", 1, 1) { TellsWorkersLater = true };
        using var cluster = Cluster(plan, observer, new RestartPolicy(0, TimeSpan.FromMinutes(10), TimeSpan.Zero));
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        observer.WaitFor("event CoordinatorReady");
        cluster.RequestStop();
        Assert.Equal(RunOutcome.Stopped, (await run).Outcome);
        Assert.DoesNotContain(observer.Drain(), l => l.StartsWith("event Notice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_coordinator_that_a_ctrl_c_ended_before_it_could_mind_it_is_started_again_to_end_the_run()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        // The first takes the stop with it.
        const string coordinator = $"if ! [ -e $SCRATCH/once ]; then : > $SCRATCH/once; read line; exit 130; fi; {Ready}; read line; [ \"$line\" = stop ] && {Stopped}";
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, coordinator, "read line; exit 130", 2, 2) { TellsWorkersLater = true }, observer);
        cluster.RequestStop();
        Assert.Equal(RunOutcome.Stopped, (await Task.Run(cluster.Run, TestContext.Current.CancellationToken)).Outcome);
    }

    [Fact]
    public async Task Workers_that_look_for_a_coordinator_which_ended_the_run_before_it_began_are_not_waited_for()
    {
        using var scratch = new Scratch();
        var plan = new ScriptPlan(scratch.Folder, $"{Ready}; until [ -e $SCRATCH/w0 ]; do sleep 0.02; done; {Stopped}", "read line; : > $SCRATCH/w0; cat >/dev/null", 1, 1) { TellsWorkersLater = true };
        // The clock stands: their time to leave is never over.
        using var cluster = new LocalCluster(plan, new RecordingObserver(), RestartPolicy.Always, new ManualTime());
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        Assert.Equal(RunOutcome.Stopped, (await run.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Outcome);
    }

    private static void Kill(LocalCluster cluster, string name)
    {
        using var process = System.Diagnostics.Process.GetProcessById(cluster.Snapshot().Single(p => p.Name == name).Id);
        process.Kill();
    }

    [Fact]
    public void A_stop_reaches_the_coordinator_as_a_line_on_its_input()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, $"{Ready}; read line; [ \"$line\" = stop ] && {Stopped}", "cat >/dev/null", 2, 2), observer);
        cluster.RequestStop();
        // The workers of this run never started: the stop came before the coordinator was ready.
        Assert.Equal(RunOutcome.Stopped, cluster.Run().Outcome);
    }

    [Fact]
    public void A_worker_that_dies_is_started_again_with_the_same_name_and_a_notice()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        const string dieOnce = "if [ -e $SCRATCH/again ]; then : > $SCRATCH/back; cat >/dev/null; else : > $SCRATCH/again; echo boom >&2; exit 9; fi";
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, $"{Ready}; until [ -e $SCRATCH/back ]; do sleep 0.02; done; {Finished}; exec >&-; read x", dieOnce, 1, 1), observer);
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        var notice = observer.WaitFor("event Notice");
        Assert.Contains("w0 ended (exit code 9): boom", notice, StringComparison.Ordinal);
        Assert.Contains("started again", notice, StringComparison.Ordinal);
        observer.WaitFor("event RunEnded");
        cluster.Kill();
        Assert.Throws<OperationCanceledException>(() => run.GetAwaiter().GetResult());
    }

    [Fact]
    public void A_worker_that_keeps_dying_ends_the_run_with_its_last_words()
    {
        using var scratch = new Scratch();
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, $"{Ready}; cat >/dev/null", "echo no data here >&2; exit 1", 1, 1), new RecordingObserver());
        var error = Assert.Throws<UserErrorException>(() => cluster.Run());
        Assert.Contains("no data here", error.Message, StringComparison.Ordinal);
        Assert.Contains("w0.log", error.Message, StringComparison.Ordinal);
        Assert.Equal(UserErrorException.Failure, error.ExitCode);
    }

    [Fact]
    public async Task A_run_goes_on_without_a_worker_that_is_given_up_while_enough_are_left()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        const string firstFails = "case $0 in w0) exit 2;; esac; cat >/dev/null";
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, $"{Ready}; read line; {Stopped}", firstFails, 2, 1), observer);
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        Assert.Contains("not started again", observer.WaitFor("event Notice"), StringComparison.Ordinal);
        cluster.RequestStop();
        Assert.Equal(RunOutcome.Stopped, (await run).Outcome);
    }

    [Fact]
    public async Task A_coordinator_that_dies_is_started_again_at_its_port_while_the_workers_live_on()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        const string dieOnce = $"if [ -e $SCRATCH/again ]; then echo second start at $1 >&2; {Ready}; read line; {Stopped}; : > $SCRATCH/over; else : > $SCRATCH/again; {Ready}; until [ -e $SCRATCH/w0 ]; do sleep 0.02; done; exit 9; fi";
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, dieOnce, "echo start >&2; : > $SCRATCH/w0; until [ -e $SCRATCH/over ]; do sleep 0.02; done", 1, 1), observer);
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        Assert.Contains("The coordinator ended (exit code 9)", observer.WaitFor("event Notice"), StringComparison.Ordinal);
        Assert.Contains("second start at 4711", observer.WaitFor("log coordinator"), StringComparison.Ordinal);
        cluster.RequestStop();
        Assert.Equal(RunOutcome.Stopped, (await run).Outcome);
        Assert.Single(observer.Drain(), l => l == "log w0: start");
    }

    [Fact]
    public void Coordinators_start_one_after_the_other_and_workers_know_them_all()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        const string each = $"echo knows $2 >&2; {Ready}; until [ -e $SCRATCH/w0 ]; do sleep 0.02; done; case $0 in coordinator) {Finished}; : > $SCRATCH/over;; esac";
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, each, "echo to $1 >&2; : > $SCRATCH/w0; until [ -e $SCRATCH/over ]; do sleep 0.02; done", 1, 1) { Coordinators = 2 }, observer);
        Assert.Equal(RunOutcome.Finished, cluster.Run().Outcome);
        var lines = observer.Drain();
        Assert.Contains("log coordinator-1: knows 127.0.0.1:4711", lines);
        Assert.Contains("log w0: to 127.0.0.1:4711,127.0.0.1:4711", lines);
    }

    [Fact]
    public async Task A_worker_that_leaves_with_code_zero_is_not_started_again()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        const string firstLeaves = "case $0 in w0) exit 0;; esac; until [ -e $SCRATCH/over ]; do sleep 0.02; done";
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, $"{Ready}; read line; {Stopped}; : > $SCRATCH/over", firstLeaves, 2, 1), observer);
        var run = Task.Run(cluster.Run, TestContext.Current.CancellationToken);
        Assert.Contains("w0 has left", observer.WaitFor("event Notice"), StringComparison.Ordinal);
        cluster.RequestStop();
        Assert.Equal(RunOutcome.Stopped, (await run).Outcome);
    }

    [Fact]
    public void A_coordinator_that_fails_to_start_ends_the_run_with_its_sentence_and_its_exit_code()
    {
        using var scratch = new Scratch();
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, "echo port 80 is in use >&2; exit 2", "cat >/dev/null", 1, 1), new RecordingObserver());
        var error = Assert.Throws<UserErrorException>(() => cluster.Run());
        Assert.Contains("port 80 is in use", error.Message, StringComparison.Ordinal);
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
    }

    [Fact]
    public void A_coordinator_that_is_never_ready_is_not_waited_for_longer_than_allowed()
    {
        using var scratch = new Scratch();
        using var cluster = Cluster(new ScriptPlan(scratch.Folder, "cat >/dev/null", "cat", 1, 1) { StartTimeout = TimeSpan.FromMilliseconds(100) }, new RecordingObserver());
        Assert.Contains("cluster.start_timeout", Assert.Throws<UserErrorException>(() => cluster.Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disposing_before_starting_or_twice_does_nothing()
    {
        using var scratch = new Scratch();
        var cluster = Cluster(new ScriptPlan(scratch.Folder, "", "", 1, 1), new RecordingObserver());
        cluster.Dispose();
        cluster.RequestStop();
        cluster.Dispose();
    }
}
