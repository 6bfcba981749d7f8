using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote.Transport;

namespace DyT.Cluster.Tls;

/// <summary>
/// Akka's remote transport by TLS, in the place of its own one, which ends the whole actor system when a handshake fails that it began itself
/// (Akka.NET 1.5.56 and later): whoever closes a connection at the right moment, or listens where a dead member was, would end a healthy
/// coordinator. Here it costs the one connection; Akka tries again.
/// </summary>
internal sealed class TlsTransport : Transport
{
    public const string Scheme = "ssl.tcp";
    private const int MostUnproven = 64;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly ControlTls _tls;
    private readonly string _host;
    private readonly int _port;
    private readonly TimeSpan _timeout;
    private readonly SemaphoreSlim _unproven = new(MostUnproven);
    private readonly TaskCompletionSource<IAssociationEventListener> _upstream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<TlsAssociation, bool> _open = new(ReferenceEqualityComparer.Instance);
    private Socket? _listener;
    private Address? _local;

    /// <summary>Made by Akka, from the section of its configuration that names this class.</summary>
    public TlsTransport(ActorSystem system, Akka.Configuration.Config config)
    {
        System = system;
        Config = config;
        SchemeIdentifier = Scheme;
        MaximumPayloadBytes = config.GetByteSize("maximum-frame-size", null)!.Value;
        _timeout = config.GetTimeSpan("connection-timeout");
        _host = config.GetString("hostname");
        _port = config.GetInt("port");
        _tls = system.Settings.Setup.Get<ControlTls>().Value;
    }

    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var address = await Resolve(_host).ConfigureAwait(false);
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, _port));
        _listener.Listen(256);
        _local = new Address(Scheme, System.Name, _host, ((IPEndPoint)_listener.LocalEndPoint!).Port);
        _ = AcceptLoop(_listener);
        return (_local, _upstream);
    }

    public override bool IsResponsibleFor(Address remote) => true;

    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        var (host, port) = (remoteAddress.Host, remoteAddress.Port!.Value);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var patience = new CancellationTokenSource(_timeout);
            await socket.ConnectAsync(host, port, patience.Token).ConfigureAwait(false);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(_tls.Client(host, port), patience.Token).ConfigureAwait(false);
            return Open(socket, stream, remoteAddress);
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw new InvalidAssociationException($"{host}:{port}: {e.Message}", e);
        }
    }

    public override async Task<bool> Shutdown()
    {
        _listener?.Dispose();
        var open = _open.Keys.ToList();
        open.ForEach(a => a.End());
        await Task.WhenAny(Task.WhenAll(open.Select(a => a.Closed)), Task.Delay(Farewell)).ConfigureAwait(false);
        return true;
    }

    private async Task AcceptLoop(Socket listener)
    {
        var upstream = await _upstream.Task.ConfigureAwait(false);
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (e.SocketErrorCode == SocketError.OperationAborted)
                    return;
                continue; // that one connection went away before it was accepted
            }

            if (_unproven.Wait(0))
                _ = Receive(socket, upstream);
            else
                socket.Dispose(); // too many strangers at once
        }
    }

    private async Task Receive(Socket socket, IAssociationEventListener upstream)
    {
        try
        {
            socket.NoDelay = true;
            var from = (IPEndPoint)socket.RemoteEndPoint!;
            using var patience = new CancellationTokenSource(_timeout);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsServerAsync(_tls.Server(from.Address.ToString()), patience.Token).ConfigureAwait(false);
            upstream.Notify(new InboundAssociation(Open(socket, stream, new Address(Scheme, System.Name, from.Address.ToString(), from.Port))));
        }
        catch (Exception)
        {
            socket.Dispose(); // whatever a stranger does costs this one connection
        }
        finally
        {
            _unproven.Release();
        }
    }

    private TlsAssociation Open(Socket socket, SslStream stream, Address remote)
    {
        var association = new TlsAssociation(_local!, remote, socket, stream, (int)MaximumPayloadBytes);
        _open.TryAdd(association, true);
        association.Closed.ContinueWith(_ => _open.TryRemove(association, out var _), TaskScheduler.Default);
        association.Start();
        return association;
    }

    private static async Task<IPAddress> Resolve(string host) =>
        IPAddress.TryParse(host, out var address) ? address : (await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork).ConfigureAwait(false))[0];
}
