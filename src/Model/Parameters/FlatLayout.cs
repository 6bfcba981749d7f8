using DyT.Config;

namespace DyT.Model;

/// <summary>Where a parameter stands in the flat buffers, in elements.</summary>
public sealed record FlatEntry(ParameterSpec Spec, int Offset, int Length);

/// <summary>
/// Places all parameters in one flat buffer. Each starts at a multiple of 16 floats (64 bytes), so that its alignment, and with it the code path of every
/// kernel, is the same in every process; the padding between them is zero for ever.
/// </summary>
public sealed class FlatLayout
{
    private const int Alignment = 16;
    private readonly Dictionary<string, FlatEntry> _byName;

    private FlatLayout(List<FlatEntry> entries, int length)
    {
        Entries = entries;
        Length = length;
        _byName = entries.ToDictionary(e => e.Spec.Name);
    }

    public IReadOnlyList<FlatEntry> Entries { get; }

    /// <summary>Elements of the buffer, padding included.</summary>
    public int Length { get; }

    public FlatEntry this[string name] => _byName[name];

    public static FlatLayout Of(IReadOnlyList<ParameterSpec> table)
    {
        var entries = new List<FlatEntry>(table.Count);
        long offset = 0;
        foreach (var spec in table)
        {
            var end = offset + spec.Count;
            if (end > int.MaxValue - Alignment)
                throw new UserErrorException($"the model has more than {int.MaxValue} parameters, more than one worker's flat buffer holds: choose a smaller model");
            entries.Add(new FlatEntry(spec, (int)offset, (int)spec.Count));
            offset = (end + Alignment - 1) / Alignment * Alignment;
        }

        return new FlatLayout(entries, (int)offset);
    }
}
