using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>Reading of files that others wrote: bounded, and with a sentence for a person when it fails.</summary>
internal static class InputFile
{
    /// <summary>UTF-8 that refuses bytes which are not.</summary>
    public static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static FileStream Open(string path, string what)
    {
        if (Directory.Exists(path))
            throw new UserErrorException($"'{path}' is a folder, but a {what} is needed: name the file itself.");
        if (!File.Exists(path))
            throw new UserErrorException($"There is no {what} at '{path}': check the path.");
        return Guard(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan));
    }

    /// <summary>All bytes of a file that must not be longer than a bound.</summary>
    public static byte[] ReadBytes(string path, long maxBytes, string what)
    {
        using var stream = Open(path, what);
        if (stream.Length > maxBytes)
            throw new UserErrorException($"{path}: {stream.Length} bytes are more than the {maxBytes} that a {what} may have; check that it is the right file{(what == TextFile ? ", or split it into several" : "")}.");
        return Guard(path, () =>
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
    }

    /// <summary>A whole text file as UTF-8; a byte order mark is left out.</summary>
    public static string ReadText(string path, long maxBytes, string what)
    {
        var bytes = ReadBytes(path, maxBytes, what).AsSpan();
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new UserErrorException($"{path}: byte {e.Index} is not valid UTF-8; convert the file to UTF-8 (for example with iconv).", inner: e);
        }
    }

    /// <summary>The name by which messages call a text file of a data source.</summary>
    public const string TextFile = "text file";

    /// <summary>Runs a file operation; what the system refuses becomes a sentence.</summary>
    public static T Guard<T>(string path, Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{path}' cannot be read ({e.Message.TrimEnd('.')}): check the file and its permissions.", inner: e);
        }
    }
}
