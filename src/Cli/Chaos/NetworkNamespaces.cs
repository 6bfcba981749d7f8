using System.Globalization;
using DyT.Cli.Processes;
using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>
/// A network of its own for every worker, on one machine: namespaces, each with a virtual cable into a bridge that this system's own network reaches. A partition
/// moves cables to a second bridge, so that the isolated ones reach each other and nobody else, and both sides hear nothing but silence. Needs root and iproute2.
/// </summary>
public sealed class NetworkNamespaces : IDisposable
{
    /// <summary>Addresses .10 and up of a /24.</summary>
    public const int MaxCount = 200;

    private const int FirstHost = 10;

    private readonly NamespaceNames _names;
    private readonly FileStream _lock;
    private readonly string _subnet;
    private readonly Lock _gate = new();
    private bool _closed;

    private NetworkNamespaces(NamespaceNames names, FileStream lockFile, string subnet, int count)
    {
        _names = names;
        _lock = lockFile;
        _subnet = subnet;
        Count = count;
    }

    public int Count { get; }

    /// <summary>This system's own address in the network: the coordinator's, which stays on the side of the majority.</summary>
    public string HostAddress => $"{_subnet}.1";

    /// <summary>Builds the network, after removing what a killed run left behind. It vanishes with <see cref="Dispose"/>.</summary>
    /// <exception cref="UserErrorException">It cannot be had here; one sentence says why. Nothing is left behind.</exception>
    public static NetworkNamespaces Create(string runId, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        if (!OperatingSystem.IsLinux())
            throw new UserErrorException("Network namespaces are Linux's; leave partition out of chaos.kinds.");
        if (!Environment.IsPrivilegedProcess)
            throw new UserErrorException("Network namespaces need root; run 'dyt chaos' as root, or leave partition out of chaos.kinds.");

        Sweep();
        var names = NamespaceNames.Of(runId);
        var lockFile = TakeLock(names) ?? throw new UserErrorException($"Run {runId} has network namespaces already, of a process that is alive; wait for its end.");
        try
        {
            var network = new NetworkNamespaces(names, lockFile, FreeSubnet(names), count);
            network.Build();
            return network;
        }
        catch
        {
            Remove(names, lockFile);
            throw;
        }
    }

    /// <summary>Why there can be no namespaces here, in one sentence; null when there can. Tries it.</summary>
    public static string? WhyNot()
    {
        try
        {
            using var probe = Create(string.Create(CultureInfo.InvariantCulture, $"probe-{Environment.ProcessId}-{Guid.NewGuid()}"), 1);
            return null;
        }
        catch (UserErrorException e)
        {
            return e.Message;
        }
    }

    /// <summary>Removes the networks of processes that are no more.</summary>
    /// <returns>How many there were.</returns>
    public static int Sweep()
    {
        var swept = 0;
        foreach (var prefix in NamespaceNames.PrefixesIn(Existing()))
        {
            var names = new NamespaceNames(prefix);
            if (TakeLock(names) is not { } lockFile)
                continue;
            Remove(names, lockFile);
            swept++;
        }

        return swept;
    }

    /// <summary>Where the program in a namespace is reached: what it binds, and tells the others.</summary>
    public string Address(int index) => string.Create(CultureInfo.InvariantCulture, $"{_subnet}.{FirstHost + Checked(index)}");

    /// <summary>The same program, started inside a namespace. It keeps its process id: <c>ip</c> replaces itself by it.</summary>
    public ChildStart Inside(int index, ChildStart start) =>
        start with { Program = "ip", Arguments = ["netns", "exec", _names.Namespace(Checked(index)), start.Program, .. start.Arguments] };

    /// <summary>These reach each other from now on, but neither the others nor this system. Replaces an earlier partition.</summary>
    public void Isolate(IReadOnlyCollection<int> indexes)
    {
        foreach (var index in indexes)
            Checked(index);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            for (var i = 0; i < Count; i++)
                IpTool.Run($"link set {_names.Link(i)} master {(indexes.Contains(i) ? _names.IslandBridge : _names.MainBridge)}");
        }
    }

    /// <summary>Everybody reaches everybody.</summary>
    public void Heal() => Isolate([]);

    /// <summary>Pulls a worker's cable, or plugs it in again: unlike in a partition its system notices at once.</summary>
    public void SetCable(int index, bool plugged)
    {
        Checked(index);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            IpTool.Run($"link set {_names.Link(index)} {(plugged ? "up" : "down")}");
        }
    }

    /// <summary>Removes everything. Programs inside, if any are left, run on without a network.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            Remove(_names, _lock);
        }
    }

    private void Build()
    {
        foreach (var bridge in (string[])[_names.MainBridge, _names.IslandBridge])
        {
            IpTool.Run($"link add {bridge} type bridge");
            IpTool.Run($"link set {bridge} up");
        }

        IpTool.Run($"addr add {HostAddress}/24 dev {_names.MainBridge}");
        for (var i = 0; i < Count; i++)
        {
            var (space, link) = (_names.Namespace(i), _names.Link(i));
            IpTool.Run($"netns add {space}");
            IpTool.Run($"link add {link} type veth peer name eth0 netns {space}");
            IpTool.Run($"link set {link} master {_names.MainBridge} up");
            IpTool.Run($"-n {space} addr add {Address(i)}/24 dev eth0");
            IpTool.Run($"-n {space} link set lo up");
            IpTool.Run($"-n {space} link set eth0 up");
        }
    }

    private int Checked(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return index;
    }

    private static string Existing() => IpTool.Run("-o link show") + IpTool.Run("netns list");

    /// <summary>10.213.x, of the first x, from one that the name gives, that no interface has.</summary>
    private static string FreeSubnet(NamespaceNames names)
    {
        var taken = IpTool.Run("-4 -o addr show");
        var first = Convert.ToInt32(names.Prefix[^2..], 16);
        return Enumerable.Range(0, 256)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"10.213.{(first + i) % 256}"))
            .FirstOrDefault(subnet => !taken.Contains($" {subnet}.", StringComparison.Ordinal))
            ?? throw new UserErrorException("All networks from 10.213.0.0 to 10.213.255.0 are in use on this machine; end other chaos tests first.");
    }

    /// <summary>Null when a living process holds it: the system lets go of it when that ends, however it ends.</summary>
    private static FileStream? TakeLock(NamespaceNames names)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(names.LockFile)!);
            return new FileStream(names.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UserErrorException($"{names.LockFile} cannot be opened ({e.Message.TrimEnd('.')}); run 'dyt chaos' as root, or leave partition out of chaos.kinds.", inner: e);
        }
    }

    // Best effort: what is gone already is no failure, and a failure here must not hide the one that led here. Sweep comes back to the rest.
    private static void Remove(NamespaceNames names, FileStream lockFile)
    {
        try
        {
            var own = names.In(Existing()).ToLookup(name => name[names.Prefix.Length]);
            // Links first: a namespace that a program still runs in outlives its name, and would keep its cable.
            foreach (var link in own['v'].Concat(own['a']).Concat(own['b']))
                IpTool.Try($"link del {link}");
            foreach (var space in own['n'])
                IpTool.Try($"netns del {space}");
        }
        catch (UserErrorException)
        {
            return;
        }
        finally
        {
            // The file before the lock: nobody can have taken it in between.
            File.Delete(names.LockFile);
            lockFile.Dispose();
        }
    }
}
