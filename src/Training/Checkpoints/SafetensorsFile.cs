using System.Runtime.InteropServices;

namespace DyT.Training.Checkpoints;

/// <summary>A safetensors file opened for reading; tensors are read one by one.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(FileStream stream, string path)
    {
        _stream = stream;
        _path = path;
        Entries = SafetensorsHeader.Read(stream, path, out _dataStart);
        _byName = Entries.ToDictionary(e => e.Name);
    }

    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    public static SafetensorsFile Open(string path)
    {
        FileStream stream;
        try
        {
            stream = File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be opened: {e.Message}", e);
        }

        try
        {
            return new SafetensorsFile(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Writes fp32 tensors one after the other.</summary>
    public static void Write(Stream stream, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are written on little-endian machines only");
        stream.Write(SafetensorsHeader.Write(tensors, metadata));
        foreach (var tensor in tensors)
        {
            foreach (var piece in Pieces(tensor.Values))
                stream.Write(MemoryMarshal.AsBytes(piece.Span));
        }
    }

    /// <summary>Fills every tensor from the file. Names and shapes must be the same on both sides.</summary>
    public void Fill(IReadOnlyList<NamedTensor> tensors) =>
        Fill([.. tensors.Select(t => new TensorSlice(t.Name, t.Shape, 0, t.Values))], [.. tensors.Select(t => t.Name)]);

    /// <summary>Fills parts of tensors. The file must hold the tensors of these names, neither more nor fewer.</summary>
    public void Fill(IReadOnlyList<TensorSlice> slices, IReadOnlyCollection<string> names)
    {
        var missing = names.Where(n => !_byName.ContainsKey(n)).ToList();
        if (missing.Count > 0)
            throw new CheckpointException($"{_path} lacks {Some(missing)}: it belongs to another model");
        var wanted = names.ToHashSet();
        var surplus = Entries.Select(e => e.Name).Where(n => !wanted.Contains(n)).ToList();
        if (surplus.Count > 0)
            throw new CheckpointException($"{_path} holds {Some(surplus)}, which this model does not have: it belongs to another model");
        foreach (var slice in slices)
        {
            var entry = _byName[slice.Name];
            if (!entry.Shape.SequenceEqual(slice.Shape))
                throw new CheckpointException($"{_path}: {slice.Name} has shape [{string.Join(", ", entry.Shape)}], the model wants [{string.Join(", ", slice.Shape)}]");
            if (slice.Start < 0 || slice.Start + slice.Values.Length > entry.Count)
                throw new ArgumentException($"elements {slice.Start}..{slice.Start + slice.Values.Length - 1} are not in {slice.Name}", nameof(slices));
            Read(entry, slice.Start, slice.Values);
        }
    }

    public void Dispose() => _stream.Dispose();

    private void Read(SafetensorsEntry entry, long start, Memory<float> destination)
    {
        _stream.Position = _dataStart + entry.Start + start * (entry.DType == "F32" ? sizeof(float) : sizeof(ushort));
        foreach (var piece in Pieces(destination))
        {
            if (entry.DType == "F32")
            {
                _stream.ReadExactly(MemoryMarshal.AsBytes(piece.Span));
                continue;
            }

            var halves = new byte[piece.Length * 2];
            _stream.ReadExactly(halves);
            var values = piece.Span;
            for (var i = 0; i < values.Length; i++)
            {
                var bits = BitConverter.ToUInt16(halves, 2 * i);
                values[i] = entry.DType == "BF16" ? BitConverter.UInt32BitsToSingle((uint)bits << 16) : (float)BitConverter.UInt16BitsToHalf(bits);
            }
        }
    }

    private static string Some(List<string> names) =>
        string.Join(", ", names.Take(3)) + (names.Count > 3 ? $" and {names.Count - 3} more tensors" : "");

    // Spans of bytes hold 2 GiB at most.
    private static IEnumerable<Memory<float>> Pieces(Memory<float> values)
    {
        const int most = 4 * 1024 * 1024;
        for (var at = 0; at < values.Length; at += most)
            yield return values.Slice(at, Math.Min(most, values.Length - at));
    }
}
