using DyT.Config;
using DyT.Model;
using DyT.Training.Checkpoints;
using DyT.Training.Optimization;

namespace DyT.Training.Session;

/// <summary>The flat buffers seen as named tensors, as checkpoints hold them. Slices, not copies.</summary>
public static class StateTensors
{
    public static List<NamedTensor> Weights(TrainerState state, ModelConfig model) => Named(state.Parameters.Weights, StoredNames.Of(state.Layout, model), "");

    /// <summary>The optimizer's moments under the names of the weights they belong to.</summary>
    /// <param name="whole">All moments in the optimizer's order, each as long as the flat buffer.</param>
    /// <param name="state">Whose optimizer and layout it is.</param>
    /// <param name="model">Decides how fused parameters are stored.</param>
    public static List<NamedTensor> Optimizer(IReadOnlyList<Memory<float>> whole, TrainerState state, ModelConfig model)
    {
        var stored = StoredNames.Of(state.Layout, model);
        return [.. state.Optimizer.MomentNames.Zip(whole).SelectMany(m => Named(m.Second, stored, m.First + "/"))];
    }

    /// <summary>Names of all stored moments.</summary>
    public static List<string> OptimizerNames(TrainerState state, ModelConfig model) =>
        [.. state.Optimizer.MomentNames.SelectMany(m => StoredNames.Of(state.Layout, model).Select(t => $"{m}/{t.Name}"))];

    /// <summary>Where the elements of <paramref name="range"/> stand in the stored moments. The padding between parameters stands nowhere.</summary>
    /// <param name="range">Which elements.</param>
    /// <param name="values">Their memory, in the optimizer's order.</param>
    /// <param name="state">Whose optimizer and layout it is.</param>
    /// <param name="model">Decides how fused parameters are stored.</param>
    public static List<TensorSlice> OptimizerSlices(FlatRange range, IReadOnlyList<Memory<float>> values, TrainerState state, ModelConfig model)
    {
        var slices = new List<TensorSlice>();
        foreach (var (name, memory) in state.Optimizer.MomentNames.Zip(values))
        {
            foreach (var tensor in StoredNames.Of(state.Layout, model))
            {
                var common = new FlatRange(tensor.FlatOffset, tensor.FlatOffset + tensor.Length).Intersect(range);
                if (!common.IsEmpty)
                    slices.Add(new TensorSlice($"{name}/{tensor.Name}", tensor.Shape, common.Start - tensor.FlatOffset, memory.Slice(common.Start - range.Start, common.Length)));
            }
        }

        return slices;
    }

    /// <summary>Named slices of one flat buffer.</summary>
    public static List<NamedTensor> Named(Memory<float> flat, IReadOnlyList<StoredTensor> stored, string prefix) =>
        [.. stored.Select(t => new NamedTensor(prefix + t.Name, t.Shape, flat.Slice(t.FlatOffset, t.Length)))];
}
