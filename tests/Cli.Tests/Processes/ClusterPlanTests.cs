using DyT.Cli.Processes;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Tests.Processes;

public sealed class ClusterPlanTests
{
    private static readonly ClusterPlan Plan = new(new RunFolder("runs/a"), new ClusterConfig { ThreadsPerWorker = 3, CoordinatorPort = 5000, Host = "10.0.0.1" }, "/x/dyt-coordinator.dll", "/x/dyt-worker.dll", "abcd");

    [Fact]
    public void The_coordinator_is_told_its_run_place_and_that_it_is_attached() =>
        Assert.Equal(["/x/dyt-coordinator.dll", "--run", "runs/a", "--host", "10.0.0.1", "--port", "5000", "--attached"], Plan.Coordinator(0, null, []).Arguments);

    [Fact]
    public void A_worker_is_told_where_the_coordinator_is_its_own_name_its_run_and_the_runs_patience() =>
        Assert.Equal(
            [
                "/x/dyt-worker.dll", "--coordinator", "10.0.0.1:5001", "--name", "w2", "--run-id", "a", "--host", "10.0.0.1",
                "--start-timeout", "60", "--orphan-timeout", "600", "--failure-detection", "5", "--control-security", "secret", "--data-security", "hello", "--transport", "auto", "--wire", "fp32", "--streams", "1", "--attached",
            ],
            Plan.Worker(2, ["10.0.0.1:5001"]).Arguments);

    [Fact]
    public void A_worker_that_starts_before_its_coordinator_is_told_so_and_one_that_traces_too()
    {
        Assert.Equal(["--coordinator", "-"], Plan.Worker(0, []).Arguments.Skip(1).Take(2));
        Assert.DoesNotContain("--trace", Plan.Worker(0, []).Arguments);
        Assert.Contains("--trace", (Plan with { Traces = true }).Worker(0, []).Arguments);
    }

    [Fact]
    public void The_secret_travels_by_environment_and_never_by_command_line()
    {
        foreach (var start in (ChildStart[])[Plan.Coordinator(0, null, []), Plan.Worker(0, ["h:1"])])
        {
            Assert.Equal("abcd", start.Environment["DYT_SECRET"]);
            Assert.DoesNotContain(start.Arguments, argument => argument.Contains("abcd", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_certificates_paths_travel_by_environment_and_never_by_command_line()
    {
        var plan = Plan with { Cluster = Plan.Cluster with { Security = new SecurityConfig { Control = ControlSecurity.Tls, Data = DataSecurity.Tls, Certificate = "c/{role}.pem", Key = "c/{role}.key" } } };
        var start = plan.Worker(0, ["h:1"]);
        Assert.Equal("c/{role}.pem", start.Environment["DYT_TLS_CERT"]);
        Assert.Equal("c/{role}.key", start.Environment["DYT_TLS_KEY"]);
        Assert.False(start.Environment.ContainsKey("DYT_TLS_CA")); // this process' own, if there is one
        Assert.DoesNotContain(start.Arguments, argument => argument.Contains("c/", StringComparison.Ordinal));
        Assert.Equal(["--control-security", "tls", "--data-security", "tls"], start.Arguments.SkipWhile(a => a != "--control-security").Take(4));
    }

    [Fact]
    public void The_math_libraries_get_the_runs_thread_count_and_mode()
    {
        var environment = Plan.Worker(0, ["h:1"]).Environment;
        Assert.Equal("3", environment["OMP_NUM_THREADS"]);
        Assert.Equal("3", environment["MKL_NUM_THREADS"]);
        Assert.False(environment.ContainsKey("MKL_CBWR"));
        var mixed = Plan with { Cluster = Plan.Cluster with { MklCbwr = "AVX2" } };
        Assert.Equal("AVX2", mixed.Worker(0, ["h:1"]).Environment["MKL_CBWR"]);
    }

    [Fact]
    public void The_programs_of_this_build_are_found_and_each_run_gets_a_secret_of_its_own()
    {
        var a = ClusterPlan.ForThisBuild(new RunFolder("runs/a"), new ClusterConfig());
        var b = ClusterPlan.ForThisBuild(new RunFolder("runs/a"), new ClusterConfig());
        Assert.True(File.Exists(a.CoordinatorProgram));
        Assert.True(File.Exists(a.WorkerProgram));
        Assert.Equal(64, a.Secret.Length);
        Assert.NotEqual(a.Secret, b.Secret);
        Assert.Equal("0102ff", ClusterPlan.ForThisBuild(new RunFolder("runs/a"), new ClusterConfig(), [1, 2, 255]).Secret);
    }

    [Fact]
    public void Programs_published_into_one_folder_are_found_there()
    {
        using var scratch = new Scratch();
        var file = scratch.File("dyt-worker.dll", "");
        Assert.Equal(file, ProgramFiles.Find("Worker", "dyt-worker.dll", scratch.Folder));
        Assert.Contains("dyt-nobody.dll", Assert.Throws<UserErrorException>(() => ProgramFiles.Find("Nobody", "dyt-nobody.dll", scratch.Folder)).Message, StringComparison.Ordinal);
    }
}
