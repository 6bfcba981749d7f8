using System.Globalization;
using DyT.Config;

namespace DyT.Cluster.Startup;

/// <summary>Reads <c>HOST:PORT</c>.</summary>
public static class HostAndPort
{
    /// <exception cref="UserErrorException">It is something else; the message names <paramref name="option"/>.</exception>
    public static (string Host, int Port) Parse(string option, string text)
    {
        var at = text.LastIndexOf(':');
        return at > 0
            && Uri.CheckHostName(text[..at]) is UriHostNameType.Dns or UriHostNameType.IPv4
            && int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= 65535
            ? (text[..at], port)
            : throw new UserErrorException($"{option} {text} is not HOST:PORT", UserErrorException.Usage);
    }
}
