using DyT.Config;
using DyT.Model;
using DyT.Training.Checkpoints;

namespace DyT.Training.Session;

/// <summary>The flat buffers seen as named tensors, as checkpoints hold them. Slices, not copies.</summary>
public static class StateTensors
{
    public static List<NamedTensor> Weights(TrainerState state, ModelConfig model) => Named(state.Parameters.Weights, StoredNames.Of(state.Layout, model), "");

    /// <summary>The optimizer's moments under the names of the weights they belong to.</summary>
    public static List<NamedTensor> Optimizer(TrainerState state, ModelConfig model)
    {
        var stored = StoredNames.Of(state.Layout, model);
        return [.. state.Optimizer.State.SelectMany(s => Named(s.Values, stored, s.Name + "/"))];
    }

    /// <summary>Named slices of one flat buffer.</summary>
    public static List<NamedTensor> Named(Memory<float> flat, IReadOnlyList<StoredTensor> stored, string prefix) =>
        [.. stored.Select(t => new NamedTensor(prefix + t.Name, t.Shape, flat.Slice(t.FlatOffset, t.Length)))];
}
