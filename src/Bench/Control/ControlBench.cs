using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using DyT.Cluster.Startup;
using DyT.Config;
using DyT.Runs;

namespace DyT.Bench.Control;

/// <summary>
/// <c>dyt bench control</c>: the coordinator under many workers. It is the real program; the workers are actors of this process that say what real ones say,
/// over real remoting.
/// </summary>
internal static class ControlBench
{
    private const int Breaks = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StepTime = TimeSpan.FromSeconds(1);

    public static Command Command()
    {
        var workers = new Option<int[]>("--workers") { Description = "Numbers of workers.", DefaultValueFactory = _ => [10, 100, 1000], AllowMultipleArgumentsPerToken = true };
        var seconds = new Option<int>("--seconds") { Description = "How long to look at the processor time, twice, after as long a warm-up.", DefaultValueFactory = _ => 10 };
        var command = new Command("control", "The coordinator with many simulated workers: time to a generation, processor time of its reports.") { workers, seconds };
        command.SetAction(parse => Run(parse.GetValue(workers)!, parse.GetValue(seconds)));
        return command;
    }

    private static int Run(int[] counts, int seconds)
    {
        Report.Print(
            "control plane: the next generation is formed after a broken connection; cores are the coordinator's",
            ["workers", "first generation", $"next one (median of {Breaks})", "slowest", "coordinator's CPU for it", "all workers'", "signs of life: cores", "and 1 step/s", "resident"],
            [.. counts.Select(count => Measure(count, seconds))]);
        return 0;
    }

    private static string[] Measure(int count, int seconds)
    {
        using var scratch = new ScratchFolder();
        var config = ConfigLoader.Parse("", "bench control", [$"cluster.workers={Text(count)}", $"cluster.min_workers={Text(count)}", $"train.global_batch={Text(count)}", "train.micro_batch=1", "train.steps=1000000"]);
        var timings = new Timings(TimeSpan.FromSeconds(config.Cluster.FailureDetection));
        using var coordinator = new CoordinatorProcess(new RunFolder(scratch.Path), config);
        var address = ControlPlane.AddressAt(coordinator.Host, coordinator.Port);
        using var system = ControlPlane.Start(ControlPlane.WorkerRole, "127.0.0.1", 0, timings, null, [address]);
        var attendance = new Attendance(count);
        var path = $"{address}/{ControlPlane.CoordinatorPath}";

        var begin = Stopwatch.GetTimestamp();
        var workers = Enumerable.Range(0, count).Select(i => system.ActorOf(Props.Create(() => new SimulatedWorker($"w{Text(i)}", path, coordinator.Secret, attendance)), $"w{Text(i)}")).ToList();
        var generation = Await(attendance, 0);
        var first = Stopwatch.GetElapsedTime(begin).TotalSeconds;

        var breaks = new List<double>();
        var (coordinatorTime, workersTime) = (coordinator.ProcessorTime, Environment.CpuUsage.TotalTime);
        for (var i = 0; i < Breaks; i++)
        {
            begin = Stopwatch.GetTimestamp();
            workers[i * count / Breaks].Tell(SimulatedWorker.LosePeer.Instance);
            generation = Await(attendance, generation);
            breaks.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        coordinatorTime = (coordinator.ProcessorTime - coordinatorTime) / Breaks;
        workersTime = (Environment.CpuUsage.TotalTime - workersTime) / Breaks;
        void Commit(long step) => workers.ForEach(w => w.Tell(new SimulatedWorker.Commit(step)));
        Load(coordinator, seconds, Commit); // the runtime compiles meanwhile what it has seen to be busy
        var quiet = Load(coordinator, seconds, _ => { });
        var busy = Load(coordinator, seconds, step => Commit(seconds + step));
        return
        [
            Text(count), Report.Duration(first), Report.Duration(Interleaved.Median(breaks)), Report.Duration(breaks.Max()), Report.Duration(coordinatorTime.TotalSeconds), Report.Duration(workersTime.TotalSeconds),
            Report.Number(quiet, "0.000"), Report.Number(busy, "0.000"), Report.Number(coordinator.ResidentBytes / 1e6, "0") + " MB",
        ];
    }

    /// <summary>Processor seconds of the coordinator per second, while something happens once in a step's time.</summary>
    private static double Load(CoordinatorProcess coordinator, int seconds, Action<long> step)
    {
        var begin = Stopwatch.GetTimestamp();
        var before = coordinator.ProcessorTime;
        for (var i = 1; i <= seconds; i++)
        {
            step(i);
            var rest = i * StepTime - Stopwatch.GetElapsedTime(begin);
            if (rest > TimeSpan.Zero)
                Thread.Sleep(rest);
        }

        return (coordinator.ProcessorTime - before) / Stopwatch.GetElapsedTime(begin);
    }

    private static long Await(Attendance attendance, long before) => attendance.Await(before, Patience) is > 0 and var generation
        ? generation
        : throw new UserErrorException($"no generation of all workers came together within {Patience.TotalSeconds:0} s");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
