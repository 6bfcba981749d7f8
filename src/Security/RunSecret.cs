using System.Security.Cryptography;
using DyT.Config;

namespace DyT.Security;

/// <summary>The secret that all processes of a run share. It travels by the environment alone: never on a command line, never in a log.</summary>
public static class RunSecret
{
    public const string Variable = "DYT_SECRET";
    private const int FewestBytes = 16;
    private const int FreshBytes = 32;

    /// <exception cref="UserErrorException">The variable is missing or not a secret.</exception>
    public static byte[] FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        return string.IsNullOrEmpty(text)
            ? throw new UserErrorException($"the environment variable {Variable} is missing: set it to the run's secret, the same for the coordinator and all workers ('dyt train' does so by itself)", UserErrorException.Usage)
            : Parse(text);
    }

    /// <summary>The variable's secret, so that workers of other machines can be given it too; where it is not set, a fresh one.</summary>
    /// <exception cref="UserErrorException">The variable is not a secret.</exception>
    public static byte[] FromEnvironmentOrFresh() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? Parse(text) : Fresh();

    public static byte[] Fresh() => RandomNumberGenerator.GetBytes(FreshBytes);

    private static byte[] Parse(string text)
    {
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
