using System.Net;
using System.Net.Sockets;

namespace DyT.Collectives.Tcp;

/// <summary>
/// Connections that never leave the machine. Nothing is congested there, but a system whose congestion control measures and paces (BBR) does so all the same: a timer for every few segments, which
/// took half of a large all-reduce's time here. Other connections keep what the system says.
/// </summary>
internal static class Loopback
{
    private const int Tcp = 6; // IPPROTO_TCP
    private const int CongestionControl = 13; // TCP_CONGESTION

    public static bool Is(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>For a socket that is not connected yet, or listens for others: pacing that has begun is not taken back.</summary>
    public static void Unpace(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            socket.SetRawSocketOption(Tcp, CongestionControl, "reno"u8); // the one that every kernel has and allows
        }
        catch (SocketException)
        {
            // Slower, no more.
        }
    }
}
