using System.Globalization;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using DyT.Cluster.Tls;
using DyT.Config;
using DyT.Security;

namespace DyT.Cluster.Startup;

/// <summary>Starts Akka for one process of the control plane.</summary>
public static class ControlPlane
{
    public const string SystemName = "dyt";
    public const string CoordinatorRole = "coordinator";
    public const string WorkerRole = "worker";

    /// <summary>Path of the actor that decides, on the coordinator that is the cluster's oldest.</summary>
    public const string CoordinatorPath = "user/coordinator/singleton";

    private const int FewestPoolThreads = 32;

    /// <summary>An actor system that listens on host:port (0: a free one) and belongs to no cluster yet; a worker's never will.</summary>
    /// <param name="role">Coordinator or worker.</param>
    /// <param name="host">Where to listen.</param>
    /// <param name="port">0: a free one.</param>
    /// <param name="timings">The run's.</param>
    /// <param name="tls">Who this process is; null for connections without TLS.</param>
    /// <param name="coordinators">With TLS: where only a coordinator's certificate is accepted.</param>
    /// <param name="coordinatorCount">How many coordinators the run has: decides which side of a split goes on.</param>
    /// <exception cref="UserErrorException">The address is malformed or not to be had.</exception>
    public static ActorSystem Start(
        string role, string host, int port, Timings timings, TlsIdentity? tls = null, IReadOnlyCollection<Address>? coordinators = null, int coordinatorCount = 1)
    {
        if (Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
            throw new UserErrorException($"'{host}' is not a host name or IPv4 address (cluster.host, --host)", UserErrorException.Usage);
        // Akka's timers starve behind a busy thread pool that grows one thread at a time.
        ThreadPool.GetMinThreads(out var workers, out var io);
        ThreadPool.SetMinThreads(Math.Max(workers, FewestPoolThreads), io);
        try
        {
            var setup = BootstrapSetup.Create().WithConfig(Derived(role, host, port, timings, coordinatorCount, tls is not null).WithFallback(Reference())).And(Quiet);
            var system = ActorSystem.Create(
                SystemName,
                tls is null ? setup : setup.And(new ControlTls(tls, coordinators ?? [])));
            // Silent until it listens: why it cannot is said once, below, and not as a trace by Akka.
            if (!IsDebug)
                system.EventStream.SetLogLevel(LogLevel.ErrorLevel);
            return system;
        }
        catch (Exception e) when (Cause<SocketException>(e) is { } cause)
        {
            throw new UserErrorException($"{host}:{port} cannot be listened on: {cause.Message.ToLowerInvariant()}; choose another port (cluster.coordinator_port) or host (cluster.host)", inner: e);
        }
    }

    // A worker is no member of the coordinators' cluster: gossip carries some hundred members at most, and a worker's life is known from the data plane and
    // its own heartbeats. It reconnects soon: the long pause that instant restarts of cluster members need does not concern it.
    private const string WorkerSettings = "akka.actor.provider = remote, akka.remote.retry-gate-closed-for = 300ms";

    // A process that goes away is an everyday event here, and said in our own words: Akka's endpoints log it as an error with a trace.
    private static LogFilterSetup Quiet => new LogFilterBuilder().ExcludeSourceContaining("endpointManager").Build();

    private static bool IsDebug => Environment.GetEnvironmentVariable("DYT_LOG") == "debug";

    /// <summary>Where the system listens.</summary>
    public static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    /// <summary>The address of a system at host:port.</summary>
    /// <param name="tls">Whether it speaks TLS, which is a part of its address.</param>
    public static Address AddressAt(string host, int port, bool tls = false) => new(tls ? $"akka.{TlsTransport.Scheme}" : "akka.tcp", SystemName, host, port);

    private static Akka.Configuration.Config Reference()
    {
        using var stream = typeof(ControlPlane).Assembly.GetManifestResourceStream("DyT.Cluster.reference.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    private static Akka.Configuration.Config Derived(string role, string host, int port, Timings timings, int coordinators, bool tls) => ConfigurationFactory.ParseString(string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        akka.remote.dot-netty.tcp { hostname = "{{host}}", port = {{port}}{{(tls ? $", transport-class = \"{typeof(TlsTransport).FullName}, DyT.Cluster\"" : "")}} }
        {{(role == WorkerRole ? WorkerSettings : "")}}
        {{(IsDebug ? "akka.loglevel = DEBUG" : "")}}
        {{PairDowning.StableAfterKey}} = {{Milliseconds(timings.StableAfter)}}
        akka.cluster {
          roles = ["{{role}}"]
          failure-detector {
            heartbeat-interval = {{Milliseconds(timings.HeartbeatInterval)}}
            acceptable-heartbeat-pause = {{Milliseconds(timings.HeartbeatPause)}}
            expected-response-after = {{Milliseconds(timings.HeartbeatInterval)}}
          }
          downing-provider-class = "{{(coordinators >= 3 ? "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster" : $"{typeof(PairDowning).FullName}, DyT.Cluster")}}"
          split-brain-resolver {
            stable-after = {{Milliseconds(timings.StableAfter)}}
            active-strategy = keep-majority
            keep-majority.role = "{{CoordinatorRole}}"
          }
          down-removal-margin = 100ms
        }
        """));

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds}ms");

    private static T? Cause<T>(Exception e)
        where T : Exception
    {
        for (var at = (Exception?)e; at is not null; at = at.InnerException)
        {
            if (at is T found)
                return found;
            if (at is AggregateException many && many.InnerExceptions.Select(Cause<T>).FirstOrDefault(c => c is not null) is { } inner)
                return inner;
        }

        return null;
    }
}
