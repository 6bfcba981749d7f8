using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DyT.Cli.Processes;
using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>
/// A run's processes with something between them that can be disturbed: every worker's data plane is reached through a proxy of its own, and with network
/// namespaces every worker has a cable that can be pulled.
/// </summary>
/// <param name="inner">How the processes are started undisturbed.</param>
/// <param name="network">Null: all on the loopback.</param>
public sealed class ChaosPlan(ClusterPlan inner, NetworkNamespaces? network) : IClusterPlan, IDisposable
{
    private const int PortInNamespace = 7100;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, (LinkProxy Proxy, int Port)> _links = [];

    public int Workers => inner.Workers;

    public int MinWorkers => inner.MinWorkers;

    public int Coordinators => inner.Coordinators;

    public TimeSpan StartTimeout => inner.StartTimeout;

    private string Center => network?.HostAddress ?? inner.Cluster.Host;

    public string LogFile(string process) => inner.LogFile(process);

    public ChildStart Coordinator(int index, int? port, IReadOnlyList<string> others) => At(Center).Coordinator(index, port, others);

    public ChildStart Worker(int index, IReadOnlyList<string> coordinators)
    {
        var (proxy, port) = Link(index);
        var start = At(network?.Address(index) ?? inner.Cluster.Host).Worker(index, coordinators);
        start = start with
        {
            Arguments = [.. start.Arguments, "--data-port", Number(port), "--advertise", $"{Center}:{Number(proxy.EndPoint.Port)}"],
        };
        return network is null ? start : network.Inside(index, start);
    }

    /// <summary>Resets the connections that lead to a worker; when there are none (the highest rank dials all others), those to all others.</summary>
    public void Cut(int index)
    {
        if (Link(index).Proxy.Cut() > 0)
            return;
        foreach (var proxy in Proxies())
            proxy.Cut();
    }

    public void SlowDown(int index, long? bytesPerSecond, TimeSpan delay)
    {
        var (proxy, _) = Link(index);
        proxy.Throttle(bytesPerSecond);
        proxy.Delay(delay);
    }

    public void Dispose()
    {
        foreach (var proxy in Proxies())
            proxy.Dispose();
    }

    private ClusterPlan At(string host) => inner with { Cluster = inner.Cluster with { Host = host } };

    private LinkProxy[] Proxies()
    {
        lock (_gate)
            return [.. _links.Values.Select(l => l.Proxy)];
    }

    private (LinkProxy Proxy, int Port) Link(int index)
    {
        lock (_gate)
        {
            if (_links.TryGetValue(index, out var known))
                return known;
            var port = network is null ? FreePort() : PortInNamespace;
            var proxy = new LinkProxy(IPAddress.Parse(Center));
            proxy.ForwardTo(network?.Address(index) ?? inner.Cluster.Host, port);
            return _links[index] = (proxy, port);
        }
    }

    // The worker takes it a moment later; that somebody else does in between is unlikely, and would be said by the worker.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
