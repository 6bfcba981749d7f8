namespace DyT.Cluster.Startup;

/// <summary>Checks values of the command line; without a dependency on its parser, so that all processes share it.</summary>
public static class OptionBounds
{
    /// <summary>The sentence about a bad value, or null for a good one.</summary>
    /// <param name="option">Name of the option.</param>
    /// <param name="read">Reads the value; the parser throws when the text does not convert.</param>
    /// <param name="allowed">Whether the value is in range.</param>
    /// <param name="range">Completes the sentence "... must be".</param>
    public static string? Check<T>(string option, Func<T?> read, Func<T?, bool> allowed, string range)
    {
        try
        {
            return allowed(read()) ? null : $"{option} must be {range}";
        }
        catch (InvalidOperationException)
        {
            return $"{option} must be {range}"; // not even a number
        }
    }
}
