using System.CommandLine;
using System.Runtime.InteropServices;
using Akka.Actor;
using DyT.Cluster;
using DyT.Cluster.Startup;
using DyT.Config;
using DyT.Coordinator;
using DyT.Coordinator.Hosting;
using DyT.Runs;
using DyT.Security;

var run = new Option<string>("--run") { Required = true, Description = "Folder of the run; its config.yaml is the job." };
var host = new Option<string?>("--host") { Description = "Address to listen on and to tell others; default: cluster.host." };
var port = new Option<int?>("--port") { Description = "Port of the control plane, 0 for a free one; default: cluster.coordinator_port." };
var attached = new Option<bool>("--attached") { Description = "End when standard input closes; the line 'stop' stops the run gracefully." };
port.Validators.Add(result =>
{
    if (OptionBounds.Check(port.Name, result.GetValueOrDefault<int?>, value => value is null or (>= 0 and <= 65535), "between 0 and 65535") is { } error)
        result.AddError(error);
});
var peers = new Option<string?>("--peers") { Description = "HOST:PORT of the other coordinators, separated by commas." };
var root = new RootCommand("The coordinator of a training run: forms generations of workers and keeps the run's ledger. Started several times, one decides and the others stand by.") { run, host, port, peers, attached };
root.SetAction(arguments => Execute(arguments.GetValue(run)!, arguments.GetValue(host), arguments.GetValue(port), arguments.GetValue(peers), arguments.GetValue(attached)));
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"dyt-coordinator: {parsed.Errors[0].Message}");
    return UserErrorException.Usage;
}

return parsed.Invoke();

static int Execute(string run, string? host, int? port, string? peers, bool attached)
{
    // Events own standard output; whatever else is printed (by libraries too) goes to standard error.
    var events = new EventWriter(Console.Out);
    Console.SetOut(Console.Error);
    try
    {
        return Run(new RunFolder(Path.GetFullPath(run)), host, port, peers, attached, events);
    }
    catch (UserErrorException e)
    {
        Console.Error.WriteLine($"error: {e.Message}");
        return e.ExitCode;
    }
}

static int Run(RunFolder folder, string? host, int? port, string? peers, bool attached, EventWriter events)
{
    // Before anything that takes time: the starter's Ctrl-C reaches this process from its first moment on.
    Action? stop = null;
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Interrupt(context, Volatile.Read(ref stop), attached));
    var config = ConfigLoader.LoadFile(folder.ConfigFile, []);
    var timings = new Timings(TimeSpan.FromSeconds(config.Cluster.FailureDetection));
    var job = new CoordinatorJob(folder, config, ConfigWriter.ToYaml(config, comments: false), RunSecret.FromEnvironment(), timings, new TaskCompletionSource<int>());
    var others = (peers ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
    var files = config.Cluster.Security.Control == ControlSecurity.Tls
        ? IdentityFiles.Resolve(config.Cluster.Security, NodeRole.Coordinator, Environment.GetEnvironmentVariable)
        : null; // the data plane is the workers' alone
    var identity = files is null ? null : TlsIdentity.Load(files, NodeRole.Coordinator);
    var otherAddresses = others.Select(p => HostAndPort.Parse("--peers", p)).Select(p => ControlPlane.AddressAt(p.Host, p.Port, identity is not null)).ToList();
    using var system = ControlPlane.Start(ControlPlane.CoordinatorRole, host ?? config.Cluster.Host, port ?? config.Cluster.CoordinatorPort, timings, identity, coordinatorCount: config.Cluster.Coordinators);
    // The others may put this process out of their cluster: whoever watches it starts it again, and it joins anew.
    _ = system.WhenTerminated.ContinueWith(_ => job.Ended.TrySetResult(UserErrorException.Failure), TaskScheduler.Default);
    var address = ControlPlane.AddressOf(system);
    Coordinators.Join(system, otherAddresses);
    var coordinator = Coordinators.StartSingleton(system, Props.Create(() => new CoordinatorActor(job, events)));

    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, job, coordinator));
    Volatile.Write(ref stop, () => StopRun(job, coordinator));
    if (attached)
        Attachment.Follow(line => Request(line, job, coordinator), () => Environment.Exit(UserErrorException.Failure));
    events.Write(new CoordinatorReady(address.Host, address.Port!.Value));

    var exitCode = job.Ended.Task.GetAwaiter().GetResult();
    CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance).Wait(TimeSpan.FromSeconds(3));
    return exitCode;
}

static void StopRun(CoordinatorJob job, ActorSelection coordinator)
{
    job.StopRequested = true;
    coordinator.Tell(new GracefulStop());
}

static void Request(string line, CoordinatorJob job, ActorSelection coordinator)
{
    if (line == Attachment.Stop)
        StopRun(job, coordinator);
}

static void Stop(PosixSignalContext context, CoordinatorJob job, ActorSelection coordinator)
{
    context.Cancel = true;
    StopRun(job, coordinator);
}

static void Interrupt(PosixSignalContext context, Action? stop, bool attached)
{
    // Ctrl-C reaches the whole process group; the starter decides what it means. One that nobody started, and that runs nothing yet, just ends.
    context.Cancel = attached || stop is not null;
    if (!attached)
        stop?.Invoke();
}
