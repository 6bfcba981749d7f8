using System.Globalization;
using Akka.Actor;
using DyT.Cluster.Startup;
using DyT.Config;

namespace DyT.Worker;

/// <summary>Reads <c>HOST:PORT</c>.</summary>
public static class CoordinatorAddress
{
    public static Address Parse(string text, bool tls = false)
    {
        var at = text.LastIndexOf(':');
        return at > 0
            && Uri.CheckHostName(text[..at]) is UriHostNameType.Dns or UriHostNameType.IPv4
            && int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= 65535
            ? ControlPlane.AddressAt(text[..at], port, tls)
            : throw new UserErrorException($"--coordinator {text} is not HOST:PORT", UserErrorException.Usage);
    }
}
