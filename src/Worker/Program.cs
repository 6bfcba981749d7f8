using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Akka.Actor;
using DyT.Cluster;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp;
using DyT.Config;
using DyT.Runs;
using DyT.Runs.Tracing;
using DyT.Security;
using DyT.Training;
using DyT.Training.Session;
using DyT.Worker;

var coordinator = new Option<string>("--coordinator") { Required = true, Description = "HOST:PORT of the coordinator; of several, separated by commas. With --attached also '-': the starter tells them by a line on standard input." };
var name = new Option<string>("--name") { Required = true, Description = "Name of this worker, unique in the run; a restarted worker keeps it." };
var runId = new Option<string>("--run-id") { Required = true, Description = "Identity of the run: the name of its folder." };
var host = new Option<string>("--host") { Description = "Address of this machine that the others reach.", DefaultValueFactory = _ => "127.0.0.1" };
var dataPort = new Option<int>("--data-port") { Description = "Port of the data plane; 0: a free one." };
var startTimeout = new Option<double>("--start-timeout") { Description = "Seconds to reach the coordinator in.", DefaultValueFactory = _ => 60 };
var orphanTimeout = new Option<double>("--orphan-timeout") { Description = "Seconds to go on without a coordinator.", DefaultValueFactory = _ => 600 };
var advertise = new Option<string?>("--advertise") { Description = "HOST:PORT under which peers reach the data plane, when it is not --host and --data-port (behind a proxy or NAT)." };
var failureDetection = new Option<double>("--failure-detection") { Description = "cluster.failure_detection of the run, in seconds.", DefaultValueFactory = _ => 5 };
var control = new Option<ControlSecurity>("--control-security") { Description = "cluster.security.control of the run." };
var data = new Option<DataSecurity>("--data-security") { Description = "cluster.security.data of the run; certificates come by DYT_TLS_CERT, DYT_TLS_KEY and DYT_TLS_CA." };
var transport = new Option<DataTransport>("--transport") { Description = "cluster.transport of the run." };
var wire = new Option<WireType>("--wire") { Description = "cluster.wire of the run." };
var streams = new Option<int>("--streams") { Description = "cluster.streams of the run.", DefaultValueFactory = _ => 1 };
var traced = new Option<bool>("--trace") { Description = "Record where the time goes into the run's folder ('dyt trace' joins the workers' files)." };
var attached = new Option<bool>("--attached") { Description = "End when standard input closes." };
Bound(dataPort, value => value is >= 0 and <= 65535, "between 0 and 65535");
Bound(startTimeout, value => value is > 0 and <= 3600, "more than 0 and at most 3600 seconds");
Bound(orphanTimeout, value => value is > 0 and <= 1e6, "more than 0 seconds");
Bound(failureDetection, value => value is >= 1 and <= 600, "between 1 and 600 seconds");
Bound(streams, value => value is >= 1 and <= ClusterConfig.MostStreams, $"between 1 and {ClusterConfig.MostStreams}");
Bound(name, value => value is { Length: > 0 and <= 64 } && !value.Any(char.IsControl), "1 to 64 printable characters");
var root = new RootCommand("A worker of a training run: computes gradients and reduces them with its peers.")
{
    coordinator, name, runId, host, dataPort, startTimeout, orphanTimeout, failureDetection, advertise, control, data, transport, wire, streams, traced, attached,
};
root.SetAction(arguments =>
{
    try
    {
        return Run(arguments);
    }
    catch (UserErrorException e)
    {
        Console.Error.WriteLine($"error: {e.Message}");
        return e.ExitCode;
    }
});
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"dyt-worker: {parsed.Errors[0].Message}");
    return UserErrorException.Usage;
}

return parsed.Invoke();

int Run(ParseResult arguments)
{
    // Before anything that takes time: a worker that starts beside the coordinator is reached by the starter's Ctrl-C from its first moment on.
    IActorRef? worker = null;
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Interrupt(context, Volatile.Read(ref worker), arguments.GetValue(attached)));
    Console.SetOut(Console.Error);
    TorchSetup.Preload();
    var secret = RunSecret.FromEnvironment();
    var security = new SecurityConfig { Control = arguments.GetValue(control), Data = arguments.GetValue(data) };
    var files = IdentityFiles.Resolve(security, NodeRole.Worker, Environment.GetEnvironmentVariable);
    var identity = files is null ? null : TlsIdentity.Load(files, NodeRole.Worker);
    var controlTls = security.Control == ControlSecurity.Tls ? identity : null;
    var timings = new Timings(TimeSpan.FromSeconds(arguments.GetValue(failureDetection)));
    var ownHost = arguments.GetValue(host)!;
    var recorder = new FlightRecorder();
    var options = new DataPlaneOptions
    {
        Silence = timings.DataSilence,
        Security = security.Data,
        Transport = arguments.GetValue(transport),
        Wire = arguments.GetValue(wire),
        Streams = arguments.GetValue(streams),
        Tls = identity,
        Recorder = recorder,
        Arena = new SharedArena(), // to the process' end: no thread may find it gone
    };
    using var dataPlane = Listen(ownHost, arguments.GetValue(dataPort), new DataPlaneIdentity(arguments.GetValue(runId)!, secret), options);
    var workerName = arguments.GetValue(name)!;
    TraceRecorder? trace = null; // begins with the session, which knows the run's folder
    // Filled in below, before anything is dialled: starting Akka takes longer than waiting for the addresses.
    var coordinators = new List<Address>();
    using var system = ControlPlane.Start(ControlPlane.WorkerRole, ownHost, 0, timings, controlTls, coordinators);
    if (Coordinators(arguments.GetValue(coordinator)!, arguments.GetValue(attached)) is not { } addresses)
        return UserErrorException.Failure;
    coordinators.AddRange(addresses.Split(',').Select(a => HostAndPort.Parse("--coordinator", a)).Select(a => ControlPlane.AddressAt(a.Host, a.Port, controlTls is not null)));
    var (advertisedHost, advertisedPort) = arguments.GetValue(advertise) is { } text ? HostAndPort.Parse("--advertise", text) : (ownHost, dataPlane.Port);
    var job = new WorkerJob
    {
        Name = workerName,
        RunId = arguments.GetValue(runId)!,
        Disagreement = yaml => Disagreement(ConfigLoader.Parse(yaml, "the run's configuration", []).Cluster, options),
        Coordinators = coordinators,
        Timings = timings,
        Host = advertisedHost,
        DataPort = advertisedPort,
        Secret = secret,
        Patience = new Patience(TimeSpan.FromSeconds(arguments.GetValue(startTimeout))),
        OrphanPatience = TimeSpan.FromSeconds(arguments.GetValue(orphanTimeout)),
        Recorder = recorder,
        RefusedConnections = () => dataPlane.RefusedConnections,
        Connect = (plan, patient, cancellation) => dataPlane.Connect(plan, plan.RankOf(workerName), cancellation, patient ? Timeout.InfiniteTimeSpan : null),
        OpenSession = welcome =>
        {
            if (arguments.GetValue(traced))
                Volatile.Write(ref trace, TraceRecorder.Start(new RunFolder(welcome.RunFolder), workerName, Console.Error.WriteLine));
            return Open(welcome, workerName, options, trace);
        },
    };

    var actor = system.ActorOf(Props.Create(() => new WorkerActor(job)), "worker");
    Volatile.Write(ref worker, actor);

    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => LeaveGracefully(context, actor));
    if (arguments.GetValue(attached))
        Attachment.Follow(_ => { }, () => Environment.Exit(UserErrorException.Failure));

    var exitCode = job.Ended.Task.GetAwaiter().GetResult();
    Volatile.Read(ref trace)?.Dispose();
    return exitCode;
}

// As they were given, or told by the starter when they are ready; null when it is gone.
static string? Coordinators(string given, bool attached) => given == "-" && attached ? Attachment.AwaitCoordinators() : given;

static void Bound<T>(Option<T> option, Func<T?, bool> allowed, string range) => option.Validators.Add(result =>
{
    if (OptionBounds.Check(option.Name, result.GetValueOrDefault<T>, allowed, range) is { } error)
        result.AddError(error);
});

static DataPlaneListener Listen(string host, int port, DataPlaneIdentity identity, DataPlaneOptions options)
{
    try
    {
        return new DataPlaneListener(host, port, identity, options);
    }
    catch (SocketException e)
    {
        throw new UserErrorException($"{host}:{port} cannot be listened on for the data plane: {e.Message.ToLowerInvariant()}; choose another --data-port or --host", inner: e);
    }
}

static ITrainingSession Open(Welcome welcome, string workerName, DataPlaneOptions options, TraceRecorder? trace)
{
    var config = ConfigLoader.Parse(welcome.ConfigYaml, "the run's configuration", []);
    var recorder = options.Recorder!;
    recorder.IsKeeping = config.Cluster.FlightRecorder;
    return TrainingSession.Open(config, new RunFolder(welcome.RunFolder), workerName, Console.Error.WriteLine, recorder, trace, options.Arena);
}

// The data plane listens before the worker hears the run's settings: they can only be compared.
static string? Disagreement(ClusterConfig run, DataPlaneOptions given) =>
    Differs("cluster.security.data", "--data-security", run.Security.Data, given.Security)
    ?? Differs("cluster.transport", "--transport", run.Transport, given.Transport)
    ?? Differs("cluster.wire", "--wire", run.Wire, given.Wire)
    ?? Differs("cluster.streams", "--streams", run.Streams, given.Streams);

static string? Differs<T>(string key, string option, T wanted, T given)
    where T : struct =>
    wanted.Equals(given) ? null : $"the run's {key} is {Word(wanted)}, but this worker was started for {Word(given)}: give it {option} {Word(wanted)}";

static string Word<T>(T value)
    where T : struct => value.ToString()!.ToLowerInvariant();

static void LeaveGracefully(PosixSignalContext context, IActorRef worker)
{
    context.Cancel = true;
    worker.Tell(new WorkerActor.LeaveOrder());
}

static void Interrupt(PosixSignalContext context, IActorRef? worker, bool attached)
{
    // Ctrl-C reaches the whole process group; the starter decides what it means. One that nobody started, and that has nothing yet, just ends.
    context.Cancel = attached || worker is not null;
    if (!attached)
        worker?.Tell(new WorkerActor.LeaveOrder());
}
