using System.Buffers.Binary;
using System.Text.Json;

namespace DyT.Training.Checkpoints;

/// <summary>One tensor of a safetensors file; offsets count from the end of the header.</summary>
public sealed record SafetensorsEntry(string Name, string DType, long[] Shape, long Start, long End)
{
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>
/// The header of a safetensors file: u64 little-endian length, then JSON {name: {dtype, shape, data_offsets}}. Read with bounds on everything: the
/// bytes may come from anywhere.
/// </summary>
public static class SafetensorsHeader
{
    /// <summary>The format's own limit.</summary>
    private const int LargestHeader = 100_000_000;

    private const int MostDimensions = 8;

    private static readonly Dictionary<string, int> ElementBytes = new() { ["F32"] = 4, ["F16"] = 2, ["BF16"] = 2 };

    /// <summary>Reads and checks the header; <paramref name="dataStart"/> is where the tensors' bytes begin.</summary>
    /// <exception cref="CheckpointException">Something in it is not right; the message names <paramref name="path"/>.</exception>
    public static IReadOnlyList<SafetensorsEntry> Read(Stream stream, string path, out long dataStart)
    {
        CheckpointException Bad(string what) => new($"{path} is not a valid safetensors file: {what}");

        Span<byte> lengthBytes = stackalloc byte[8];
        if (stream.ReadAtLeast(lengthBytes, 8, throwOnEndOfStream: false) < 8)
            throw Bad("it ends inside its first 8 bytes");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > LargestHeader || (long)length > stream.Length - 8)
            throw Bad($"its header is said to have {length} bytes, more than the file holds");
        var json = new byte[length];
        stream.ReadExactly(json);
        dataStart = 8 + (long)length;

        var entries = new List<SafetensorsEntry>();
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name != "__metadata__")
                    entries.Add(Entry(property));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException)
        {
            throw new CheckpointException($"{path} is not a valid safetensors file: its header does not parse ({e.Message})", e);
        }

        if (entries.Select(e => e.Name).Distinct().Count() != entries.Count)
            throw Bad("a name stands twice in its header");

        // The tensors must tile the rest of the file: no holes, no overlaps, nothing beyond the end.
        long at = 0;
        foreach (var entry in entries.OrderBy(e => e.Start).ThenBy(e => e.End))
        {
            if (!ElementBytes.TryGetValue(entry.DType, out var bytes))
                throw Bad($"tensor {entry.Name} has type {entry.DType}; F32, F16 and BF16 can be read");
            if (entry.Start != at || entry.End - entry.Start != SafeBytes(entry, bytes))
                throw Bad($"the bytes of tensor {entry.Name} do not follow the one before it or do not fit its shape");
            at = entry.End;
        }

        if (at != stream.Length - dataStart)
            throw Bad($"it holds {stream.Length - dataStart} bytes of tensors where its header tells of {at}");
        return entries;
    }

    /// <summary>The header for fp32 tensors that follow each other, padded with spaces to a multiple of 8.</summary>
    public static byte[] Write(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long at = 0;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                at += (long)tensor.Values.Length * sizeof(float);
                json.WriteNumberValue(at);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        var header = new byte[8 + buffer.Length];
        BinaryPrimitives.WriteInt64LittleEndian(header, buffer.Length);
        buffer.ToArray().CopyTo(header, 8);
        return header;
    }

    private static SafetensorsEntry Entry(JsonProperty property)
    {
        var shape = property.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64()).ToArray();
        var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64()).ToArray();
        var type = property.Value.GetProperty("dtype").GetString();
        if (type is null || offsets.Length != 2 || shape.Length > MostDimensions || shape.Any(s => s < 0) || offsets[0] < 0 || offsets[1] < offsets[0])
            throw new FormatException($"tensor {property.Name} has an impossible type, shape or place");
        return new SafetensorsEntry(property.Name, type, shape, offsets[0], offsets[1]);
    }

    private static long SafeBytes(SafetensorsEntry entry, int elementBytes)
    {
        try
        {
            return checked(entry.Count * elementBytes);
        }
        catch (OverflowException)
        {
            return -1; // more than any file holds
        }
    }
}
