using DyT.Config;

namespace DyT.Cluster;

/// <summary>The secret that all processes of a run share. It travels by the environment alone: never on a command line, never in a log.</summary>
public static class RunSecret
{
    public const string Variable = "DYT_SECRET";
    private const int FewestBytes = 16;

    /// <exception cref="UserErrorException">The variable is missing or not a secret.</exception>
    public static byte[] FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
            throw new UserErrorException($"the environment variable {Variable} is missing: set it to the run's secret, the same for the coordinator and all workers ('dyt train' does so by itself)", UserErrorException.Usage);
        try
        {
            var secret = Convert.FromHexString(text);
            if (secret.Length >= FewestBytes)
                return secret;
        }
        catch (FormatException)
        {
            // Said below, without the text itself.
        }

        throw new UserErrorException($"{Variable} must be at least {2 * FewestBytes} hexadecimal digits (for example from 'openssl rand -hex 32')", UserErrorException.Usage);
    }
}
