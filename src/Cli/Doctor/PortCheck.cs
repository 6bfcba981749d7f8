using System.Net;
using System.Net.Sockets;

namespace DyT.Cli.Doctor;

/// <summary>Whether a port can be opened on the loopback and reached: the processes of a run talk over it.</summary>
public sealed class PortCheck : ICheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public string Name => "loopback ports";

    public Finding Run()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            using var client = new TcpClient();
            using var patience = new CancellationTokenSource(Patience);
            client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, patience.Token).AsTask().GetAwaiter().GetResult();
            return Finding.Ok("can be opened and reached");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return Finding.Fail($"cannot be used ({e.Message})", "a firewall or sandbox forbids sockets on 127.0.0.1: allow them.");
        }
    }
}
