using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DyT.Config;
using DyT.Data.Images;
using DyT.Model;
using DyT.Runs;

namespace DyT.Training.Data;

/// <summary>What a classifier sees and what its outputs mean.</summary>
/// <param name="Channels">1 (grey) or 3.</param>
/// <param name="Size">Side in pixels.</param>
/// <param name="Classes">Names by output.</param>
/// <param name="Scale">With which pixels were normalised.</param>
public sealed record ImageVocabulary(int Channels, int Size, IReadOnlyList<string> Classes, ChannelScale Scale) : RunVocabulary
{
    private const int MostBytes = 1 << 24;
    private const string FileName = "images.json";

    public override ImagesShape Shape => new(Channels, Size, Classes.Count);

    public override string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToJson())));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="UserErrorException">It is missing or damaged.</exception>
    public static ImageVocabulary Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > MostBytes)
                throw new UserErrorException($"{path}: larger than names of classes are; is it the right file?");
            var read = JsonSerializer.Deserialize<Content>(stream, RunJson.Options);
            if (read is { Channels: 1 or 3, Size: > 0, Classes.Count: > 0 } && read.Mean.Count == read.Channels && read.Deviation.Count == read.Channels)
                return new ImageVocabulary(read.Channels, read.Size, read.Classes, new ChannelScale(read.Mean, read.Deviation));
            throw new UserErrorException($"{path}: what it says of the images does not fit together; restore the run's folder.");
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path}: damaged ({e.Message.TrimEnd('.')}); restore the run's folder.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: cannot be read ({e.Message.TrimEnd('.')}).", inner: e);
        }
    }

    public override void Save(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, FileName), ToJson() + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{folder}: cannot be written ({e.Message.TrimEnd('.')}); free space or choose another output folder.", inner: e);
        }
    }

    private string ToJson() => JsonSerializer.Serialize(new Content(Channels, Size, Classes, Scale.Mean, Scale.Deviation), RunJson.Indented);

    private sealed record Content(int Channels, int Size, IReadOnlyList<string> Classes, IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation);
}
