using DyT.Config;

namespace DyT.Model;

/// <summary>A tensor as files name it: a contiguous piece of the flat buffer.</summary>
public sealed record StoredTensor(string Name, long[] Shape, int FlatOffset, int Length);

/// <summary>
/// Names for safetensors files, LLaMA's: the fused projections are stored as their parts. The parts are row ranges of a row-major matrix, so they
/// are slices of the flat buffer and nothing is copied or transposed.
/// </summary>
public static class StoredNames
{
    public static IReadOnlyList<StoredTensor> Of(FlatLayout layout, ModelConfig model)
    {
        var queryRows = model.Heads * model.HeadWidth;
        var kvRows = model.EffectiveKvHeads * model.HeadWidth;
        var stored = new List<StoredTensor>();
        foreach (var entry in layout.Entries)
        {
            var name = entry.Spec.Name;
            if (name.Contains(".qkv_proj.", StringComparison.Ordinal))
                stored.AddRange(Split(entry, "qkv_proj", ("q_proj", queryRows), ("k_proj", kvRows), ("v_proj", kvRows)));
            else if (name.Contains(".kv_proj.", StringComparison.Ordinal))
                stored.AddRange(Split(entry, "kv_proj", ("k_proj", kvRows), ("v_proj", kvRows)));
            else if (name.Contains(".gate_up_proj.", StringComparison.Ordinal))
                stored.AddRange(Split(entry, "gate_up_proj", ("gate_proj", model.EffectiveDFf), ("up_proj", model.EffectiveDFf)));
            else
                stored.Add(new StoredTensor(name, entry.Spec.Shape, entry.Offset, entry.Length));
        }

        return stored;
    }

    private static IEnumerable<StoredTensor> Split(FlatEntry entry, string fused, params (string Part, int Rows)[] parts)
    {
        var rowLength = entry.Length / (int)entry.Spec.Shape[0];
        var offset = entry.Offset;
        foreach (var (part, rows) in parts)
        {
            yield return new StoredTensor(entry.Spec.Name.Replace(fused, part, StringComparison.Ordinal), [rows, .. entry.Spec.Shape[1..]], offset, rows * rowLength);
            offset += rows * rowLength;
        }
    }
}
