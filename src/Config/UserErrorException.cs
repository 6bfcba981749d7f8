namespace DyT.Config;

/// <summary>
/// Something that a person can mend: bad config, data, checkpoint, flag or machine. The message is one clear sentence with
/// the place and what to do; programs print it alone and exit with <see cref="ExitCode"/>, never with a stack trace.
/// </summary>
public class UserErrorException : Exception
{
    /// <summary>The command or the configuration is off.</summary>
    public const int Usage = 2;

    /// <summary>The command was right and still failed.</summary>
    public const int Failure = 1;

    public UserErrorException(string message, int exitCode = Failure, Exception? inner = null)
        : base(message, inner) => ExitCode = exitCode;

    public int ExitCode { get; }
}
