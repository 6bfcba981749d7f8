using System.Text.Json;
using DyT.Config;

namespace DyT.Data.Images;

/// <summary>Layout and manifest of a folder of prepared images.</summary>
internal sealed record PreparedImagesFolder(string Folder)
{
    private const string Format = "dyt prepared images";
    private const int Version = 1;

    /// <summary>Room for 65,536 names of classes.</summary>
    private const long MaxManifestBytes = 64 << 20;

    public string Train => Path.Combine(Folder, "train.images");

    public string Validation => Path.Combine(Folder, "val.images");

    public string Manifest => Path.Combine(Folder, "prepared.json");

    public void WriteManifest(string trainHash, string valHash, IReadOnlyList<string> classNames, ChannelScale scale)
    {
        using var stream = File.Create(Manifest);
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            json.WriteString("train_sha256", trainHash);
            json.WriteString("val_sha256", valHash);
            WriteNumbers(json, "mean", scale.Mean);
            WriteNumbers(json, "deviation", scale.Deviation);
            json.WriteStartArray("classes");
            foreach (var name in classNames) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        stream.Flush(flushToDisk: true);
    }

    /// <summary>Reads the folder and checks manifest and both sets' headers against one another (not every image).</summary>
    /// <exception cref="UserErrorException">Anything is missing or does not fit.</exception>
    public PreparedImages Open()
    {
        var root = JsonInput.Parse(InputFile.ReadBytes(Manifest, MaxManifestBytes, "manifest of prepared images"), Manifest);
        if (root["format"].Text() != Format || root["version"].Number() != Version)
            throw new UserErrorException($"{Manifest}: it was written by another version of this program; prepare the data again.");
        string[] names = [.. root["classes"].Items().Select(name => name.Text())];
        using var train = OpenSet(Train, root["train_sha256"], names.Length);
        using var val = OpenSet(Validation, root["val_sha256"], names.Length);
        if (val.Shape != train.Shape)
            throw new UserErrorException($"{Validation}: its images have another size than those of '{Train}'; prepare the data again.");
        var mean = Numbers(root["mean"], train.Shape.Channels, value => value is >= 0 and <= 1, "a mean between 0 and 1 for each channel");
        var deviation = Numbers(root["deviation"], train.Shape.Channels, value => value is > 0 and <= 1, "a standard deviation above 0 and up to 1 for each channel");
        using var digest = new Digest();
        digest.Add(train.ContentHash).Add(val.ContentHash).Add(train.Shape.ToString());
        foreach (var name in names) digest.Add(name);
        foreach (var value in mean.Concat(deviation)) digest.Add(BitConverter.DoubleToInt64Bits(value));
        return new PreparedImages(Folder, Train, Validation, train.Shape, names, new ChannelScale(mean, deviation), digest.Hex(), train.Count, val.Count);
    }

    private static ImageSet OpenSet(string path, JsonInput hash, int classes)
    {
        var set = ImageSet.Open(path);
        try
        {
            return set.ContentHash == hash.Text() && set.Classes == classes ? set
                : throw new UserErrorException($"{path}: it is not the set that the manifest beside it names; prepare the data again.");
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    private static double[] Numbers(JsonInput array, int count, Predicate<double> valid, string wanted)
    {
        double[] values = [.. array.Items().Take(count + 1).Select(item => item.Real())];
        return values.Length == count && Array.TrueForAll(values, valid) ? values : throw array.Wrong(wanted);
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
