using System.Text;

namespace DyT.Config;

/// <summary>
/// Reads a configuration strictly: every key must exist, every value fit its type and bounds, and the whole make sense
/// together. Whatever is wrong is a <see cref="ConfigException"/> with one sentence that names the place.
/// </summary>
public static class ConfigLoader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file and lays <paramref name="overrides"/> (<c>a.b=c</c>) over it.</summary>
    public static RunConfig LoadFile(string path, IReadOnlyList<string> overrides) => Parse(ReadText(path), path, overrides);

    /// <summary>Reads YAML text; <paramref name="sourceName"/> stands for the file in messages.</summary>
    public static RunConfig Parse(string yaml, string sourceName, IReadOnlyList<string> overrides)
    {
        var document = YamlReader.ReadDocument(yaml, sourceName);
        ConfigOverrides.Apply(document, overrides);
        var binder = new ConfigBinder();
        var config = binder.Bind(document);
        if (ConfigValidator.Problems(config) is [var problem, ..])
        {
            var place = problem.Keys.Select(binder.PlaceOf).FirstOrDefault(given => given is not null) ?? new Place(sourceName);
            throw new ConfigException(place, problem.Sentence);
        }

        return config;
    }

    internal static string ReadText(string path)
    {
        if (Directory.Exists(path))
            throw new ConfigException(path, "this is a folder; name a configuration file, such as configs/quickstart.yaml.");
        try
        {
            // Not File.ReadAllText: a device or a pipe has no length to check beforehand.
            using var stream = File.OpenRead(path);
            var buffer = new byte[YamlReader.MaxBytes + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length > YamlReader.MaxBytes ? throw YamlReader.TooLarge(path) : StrictUtf8.GetString(buffer, 0, length);
        }
        catch (DecoderFallbackException e)
        {
            throw new ConfigException(path, "the file is not UTF-8 text; save it as UTF-8.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigException(path, "there is no such file; the ready-made ones are in configs/.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigException(path, $"the file cannot be read: {e.Message}", e);
        }
    }
}
