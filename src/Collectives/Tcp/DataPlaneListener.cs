using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp.Channels;
using DyT.Config;

namespace DyT.Collectives.Tcp;

/// <summary>
/// Where a worker's peers reach it, for as long as the process lives. Accepts connections, checks their hello, and keeps those of the present or a later
/// generation until <see cref="Connect"/> asks for them.
/// </summary>
public sealed class DataPlaneListener : IDisposable
{
    private const int MostUnproven = 64;
    private const int MostWaiting = 1024;
    private const int MostDialled = 16; // at once

    private readonly DataPlaneIdentity _identity;
    private readonly DataPlaneOptions _options;
    private readonly Socket _listener;
    private readonly SemaphoreSlim _unproven;
    private readonly Dictionary<ArrivalKey, IDataChannel> _arrived = [];
    private readonly Dictionary<ArrivalKey, byte> _different = []; // peers that proved themselves and have other settings: the verdict
    private long _generation;
    private long _refused;
    private bool _closed;

    /// <summary>Listens at once. Port 0 takes a free one.</summary>
    /// <exception cref="SocketException">The address is not to be had.</exception>
    public DataPlaneListener(string host, int port, DataPlaneIdentity identity, DataPlaneOptions options)
    {
        _identity = identity;
        _options = options;
        _unproven = new SemaphoreSlim(MostUnproven * options.Streams); // a peer dials all of its further ones at once
        var address = Resolve(host);
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (IPAddress.IsLoopback(address))
            Loopback.Unpace(_listener);
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen(256);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        new Thread(AcceptLoop) { IsBackground = true, Name = "data plane accept" }.Start();
    }

    public int Port { get; }

    /// <summary>Connections turned away: garbage, another run, a wrong proof, a stale generation, other settings.</summary>
    public long RefusedConnections => Interlocked.Read(ref _refused);

    /// <summary>Opens the generation: one connection to every peer, <see cref="DataPlaneOptions.Streams"/> to those that share no memory. Earlier generations are refused from now on.</summary>
    /// <param name="plan">The generation.</param>
    /// <param name="rank">This worker's place in it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="patience">How long all peers may take; infinite for a joiner, who waits for the others to finish their step; absent: the options'.</param>
    /// <exception cref="PeerLostException">A peer did not come in time or cannot be reached.</exception>
    public ICollective Connect(GenerationPlan plan, int rank, CancellationToken cancellation, TimeSpan? patience = null)
    {
        AdvanceTo(plan.Number);
        if (plan.WorldSize == 1)
            return new LocalCollective(plan);

        var limit = patience ?? _options.ConnectTimeout;
        var channels = Enumerable.Range(0, plan.WorldSize).Select(peer => new IDataChannel?[peer == rank ? 0 : _options.Transport == DataTransport.Tcp ? _options.Streams : 1]).ToArray(); // by rank and stream
        SharedMemory? shared = null;
        try
        {
            Open(plan, rank, channels, limit, cancellation);
            using var giveUp = cancellation.Register(() => Close(channels));
            if (_options.Transport != DataTransport.Tcp)
                shared = SharedMemoryOffer.Exchange(plan, rank, [.. channels.Select(streams => streams.FirstOrDefault())], _options, Convert.ToHexStringLower(_identity.RunHash.AsSpan(0, 4)));
            for (var peer = 0; peer < plan.WorldSize; peer++)
            {
                if (peer != rank && shared?.IsWith(peer) != true)
                    Array.Resize(ref channels[peer], _options.Streams);
            }

            Open(plan, rank, channels, _options.ConnectTimeout, cancellation); // who took part in the exchange is here
            return new PairwiseCollective(plan, rank, [.. channels.Select(streams => streams.Select(c => c!).ToArray())], shared, _options);
        }
        catch
        {
            Close(channels);
            shared?.Dispose();
            cancellation.ThrowIfCancellationRequested(); // the cause, where a closed connection is only its effect
            throw;
        }
    }

    public void Dispose()
    {
        lock (_arrived)
        {
            _closed = true;
            foreach (var socket in _arrived.Values)
                socket.Dispose();
            _arrived.Clear();
            Monitor.PulseAll(_arrived);
        }

        _listener.Dispose();
    }

    private static void Close(IEnumerable<IDataChannel?[]> channels)
    {
        foreach (var channel in channels.SelectMany(streams => streams))
            channel?.Dispose();
    }

    private static IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host).First();

    private void AdvanceTo(long generation)
    {
        lock (_arrived)
        {
            _generation = Math.Max(_generation, generation);
            foreach (var (key, socket) in _arrived.Where(a => a.Key.Generation < _generation).ToList())
            {
                _arrived.Remove(key);
                socket.Dispose();
            }

            foreach (var key in _different.Keys.Where(key => key.Generation < _generation).ToList())
                _different.Remove(key);
        }
    }

    /// <summary>Opens the connections that there is place for and that are missing: the higher rank dials, all peers at once, the lower one waits.</summary>
    private void Open(GenerationPlan plan, int rank, IDataChannel?[][] channels, TimeSpan limit, CancellationToken cancellation)
    {
        var deadline = limit == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)limit.TotalMilliseconds;
        var digest = plan.Digest();
        var key = new PlanDigest(digest);
        var wanted = Enumerable.Range(0, plan.WorldSize).SelectMany(peer => Enumerable.Range(0, channels[peer].Length).Where(stream => channels[peer][stream] is null).Select(stream => (Peer: peer, Stream: stream))).ToList();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? failure = null;
        void Dial(int peer, int stream)
        {
            try
            {
                channels[peer][stream] = PeerDialler.Dial(_identity, plan, digest, rank, peer, stream, _options, deadline, enough.Token);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                enough.Cancel(); // the first one's reason is the one to tell; the others would wait for their deadline
            }
        }

        Parallel.ForEach(wanted.Where(w => w.Peer < rank), new ParallelOptions { MaxDegreeOfParallelism = MostDialled }, w => Dial(w.Peer, w.Stream));
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        foreach (var (peer, stream) in wanted.Where(w => w.Peer > rank))
            channels[peer][stream] = AwaitArrival(plan, key, rank, peer, stream, deadline, cancellation);
    }

    private IDataChannel AwaitArrival(GenerationPlan plan, PlanDigest digest, int rank, int peer, int stream, long deadline, CancellationToken cancellation)
    {
        using var wake = cancellation.Register(() =>
        {
            lock (_arrived)
                Monitor.PulseAll(_arrived);
        });
        var key = new ArrivalKey(plan.Number, digest, peer, rank, stream);
        lock (_arrived)
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(_closed, this);
                if (_arrived.Remove(key, out var socket))
                    return socket;
                if (_different.TryGetValue(key, out var verdict))
                    throw new PeerLostException(peer, plan.Members[peer].Name, PeerDialler.Difference(verdict, _options));
                var left = deadline - Environment.TickCount64;
                if (left <= 0)
                    throw new PeerLostException(peer, plan.Members[peer].Name, "it did not connect in time");
                Monitor.Wait(_arrived, (int)Math.Min(left, 1000));
            }
        }
    }

    private void AcceptLoop()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_closed || e is ObjectDisposedException)
                    return;
                continue; // that one connection went away before it was accepted
            }

            if (!_unproven.Wait(0))
            {
                Refuse(socket); // too many strangers at once
                continue;
            }

            new Thread(() => Receive(socket)) { IsBackground = true, Name = "data plane hello" }.Start();
        }
    }

    private void Receive(Socket socket)
    {
        try
        {
            using var alarm = new Timer(_ => socket.Dispose(), null, _options.HelloTimeout, Timeout.InfiniteTimeSpan);
            if (!Greet(socket))
                Refuse(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
        {
            Refuse(socket); // gone, too slow, or without a good certificate
        }
        finally
        {
            _unproven.Release();
        }
    }

    /// <summary>The listener's side of the hello; true when the connection was kept.</summary>
    private bool Greet(Socket socket)
    {
        socket.NoDelay = true;
        var bytes = new byte[Hello.HelloBytes];
        if (!SocketIO.TryReceive(socket, bytes) || Hello.Parse(bytes) is not { } hello || !hello.RunHash.AsSpan().SequenceEqual(_identity.RunHash))
            return false;

        var nonce = Hello.NewNonce();
        SocketIO.Send(socket, (byte[])[.. nonce, .. Hello.ListenerProof(_identity.Secret, bytes, nonce)]);
        var proof = new byte[Hello.ProofBytes];
        if (!SocketIO.TryReceive(socket, proof) || !CryptographicOperations.FixedTimeEquals(proof, Hello.DiallerProof(_identity.Secret, bytes, nonce)))
            return false;

        var channel = DataChannels.Accept(socket, _options, _identity.Secret, bytes, nonce);
        lock (_arrived)
        {
            var stale = hello.Generation < _generation;
            var verdict = stale ? Hello.Stale : hello.Wire != _options.Wire ? Hello.OtherWire : hello.Streams != _options.Streams ? Hello.OtherStreams : Hello.Welcome;
            channel.Wire.Send([verdict]);
            if (stale || _closed || _arrived.Count + _different.Count >= MostWaiting * _options.Streams)
                return false;
            var key = new ArrivalKey(hello.Generation, new PlanDigest(hello.PlanDigest), hello.FromRank, hello.ToRank, hello.Stream);
            if (verdict != Hello.Welcome)
            {
                _different[key] = verdict;
                Monitor.PulseAll(_arrived);
                return false;
            }

            if (_arrived.Remove(key, out var earlier))
                earlier.Dispose(); // the peer dialled again: its first connection is of no use any more
            _arrived.Add(key, channel);
            Monitor.PulseAll(_arrived);
            return true;
        }
    }

    private readonly record struct ArrivalKey(long Generation, PlanDigest Plan, int FromRank, int ToRank, int Stream);

    private readonly record struct PlanDigest(UInt128 High, UInt128 Low)
    {
        public PlanDigest(byte[] bytes)
            : this(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(16)))
        {
        }
    }

    private void Refuse(Socket socket)
    {
        Interlocked.Increment(ref _refused);
        socket.Dispose();
    }
}
