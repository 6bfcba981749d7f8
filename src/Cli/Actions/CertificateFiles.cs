using DyT.Config;
using DyT.Security;

namespace DyT.Cli.Actions;

internal static class CertificateFiles
{
    /// <summary>Reads what the processes of a run will read, so that a missing file is said once and before anything is started.</summary>
    /// <exception cref="UserErrorException">They could not start.</exception>
    public static void Check(SecurityConfig config)
    {
        // The coordinator has no part in the data plane.
        var roles = config.Control == ControlSecurity.Tls ? (string[])[NodeRole.Coordinator, NodeRole.Worker] : [NodeRole.Worker];
        foreach (var role in roles)
        {
            if (IdentityFiles.Resolve(config, role, Environment.GetEnvironmentVariable) is { } files)
                TlsIdentity.Load(files, role);
        }
    }
}
