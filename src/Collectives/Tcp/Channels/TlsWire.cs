using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using DyT.Security;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>
/// TLS 1.3 over the connection, after the hello's proofs: so a stranger without the secret is turned away before the costly handshake, and the
/// verdict - the first byte inside - tells the dialler that its certificate was accepted too. Both sides must be workers of the run.
/// </summary>
internal sealed class TlsWire : IWire
{
    private static readonly string[] Roles = [NodeRole.Worker];

    private readonly Socket _socket;
    private readonly SslStream _stream;
    private string? _refusal;

    private TlsWire(Socket socket)
    {
        _socket = socket;
        _stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
    }

    /// <exception cref="DataChannelException">The peer is not a worker of the run, or no TLS came about.</exception>
    public static TlsWire Accept(Socket socket, TlsIdentity identity)
    {
        var wire = new TlsWire(socket);
        wire.Shake(stream => stream.AuthenticateAsServer(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(identity.Certificate, additionalCertificates: null, offline: true),
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowTlsResume = false, // every connection shows its certificate
            CertificateChainPolicy = identity.ChainPolicy(),
            RemoteCertificateValidationCallback = (_, certificate, _, _) => wire.IsAccepted(identity, certificate, host: null),
        }));
        return wire;
    }

    /// <exception cref="DataChannelException">The peer is not a worker of the run, is not the host that was dialled, or no TLS came about.</exception>
    public static TlsWire Connect(Socket socket, TlsIdentity identity, string host)
    {
        var wire = new TlsWire(socket);
        wire.Shake(stream => stream.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = SslStreamCertificateContext.Create(identity.Certificate, additionalCertificates: null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowTlsResume = false,
            CertificateChainPolicy = identity.ChainPolicy(),
            RemoteCertificateValidationCallback = (_, certificate, _, _) => wire.IsAccepted(identity, certificate, host),
        }));
        return wire;
    }

    public void SetPatience(TimeSpan patience) => _socket.ReceiveTimeout = (int)patience.TotalMilliseconds;

    public Socket? Socket => null; // the stream holds bytes that the socket has given up

    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
        }
        catch (IOException e)
        {
            throw Cause(e);
        }
    }

    public bool TryReceive(Span<byte> buffer)
    {
        try
        {
            while (buffer.Length > 0)
            {
                var count = _stream.Read(buffer);
                if (count == 0)
                    return false;
                buffer = buffer[count..];
            }

            return true;
        }
        catch (IOException e)
        {
            throw Cause(e);
        }
    }

    /// <summary>Without TLS's own farewell: the frames have one (goodbye), so that a stream that was cut short is seen all the same.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The socket alone, which ends what other threads are doing in the stream; what the stream holds goes with the last of them.</summary>
    public void Dispose() => _socket.Dispose();

    private void Shake(Action<SslStream> authenticate)
    {
        try
        {
            authenticate(_stream);
        }
        catch (AuthenticationException e)
        {
            throw new DataChannelException(_refusal ?? "it does not speak TLS here (has it another cluster.security.data?), or does not accept this worker's certificate", e);
        }
        catch (IOException e)
        {
            throw Cause(e);
        }
    }

    private bool IsAccepted(TlsIdentity identity, X509Certificate? certificate, string? host)
    {
        var peer = certificate as X509Certificate2;
        _refusal = identity.Refusal(peer, Roles);
        // Only who dials knows a name to expect.
        if (_refusal is null && host is not null && !peer!.MatchesHostname(host, allowWildcards: true, allowCommonName: false))
            _refusal = $"its certificate is not for the host {host}";
        return _refusal is null;
    }

    private static Exception Cause(IOException e) => e.InnerException switch
    {
        SocketException socket => socket,
        ObjectDisposedException disposed => disposed,
        _ => new DataChannelException("the TLS connection broke off: it was damaged on the way, or the peer does not accept this worker's certificate", e),
    };
}
