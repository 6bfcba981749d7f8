using DyT.Config;

namespace DyT.Security;

/// <summary>Where a process finds its certificate, its key and its authority.</summary>
public sealed record IdentityFiles(string Certificate, string Key, string Authority)
{
    private const string RolePlace = "{role}";

    /// <summary>The configuration's paths, and the environment's where it has none; null when the configuration needs no certificates.</summary>
    /// <exception cref="UserErrorException">A path is given by neither.</exception>
    public static IdentityFiles? Resolve(SecurityConfig config, string role, Func<string, string?> environment)
    {
        if (!config.UsesCertificates)
            return null;
        return new IdentityFiles(
            Path("certificate", config.Certificate, SecurityConfig.CertificateVariable),
            Path("key", config.Key, SecurityConfig.KeyVariable),
            Path("authority", config.Authority, SecurityConfig.AuthorityVariable));

        string Path(string field, string? configured, string variable)
        {
            var path = configured ?? environment(variable);
            if (string.IsNullOrWhiteSpace(path))
                throw new UserErrorException($"cluster.security.{field} is missing, which tls needs: give the path of a PEM file there or in {variable} ('dyt certs init' makes them)", UserErrorException.Usage);
            return path.Replace(RolePlace, NodeRole.Word(role), StringComparison.Ordinal);
        }
    }
}
