using DyT.Config;
using DyT.Model;
using DyT.Training.Optimization;

namespace DyT.Training.Session;

/// <summary>Which parameters decay and how fast they learn.</summary>
public static class ParameterGroups
{
    /// <summary>
    /// Groups that tile the flat buffer: matrices and embeddings decay; vectors and scalars do not (as in the published recipes); the sites' scalars and
    /// those of the branches have learning-rate factors of their own.
    /// </summary>
    public static IReadOnlyList<ParameterGroup> Of(FlatLayout layout, OptimizerConfig config, ResidualConfig residual)
    {
        var groups = new List<ParameterGroup>();
        foreach (var (entry, end) in layout.Entries.Zip(layout.Entries.Skip(1).Select(e => e.Offset).Append(layout.Length)))
        {
            var decay = Decays(entry.Spec.Kind) ? (float)config.WeightDecay : 0f;
            var factor = (float)(entry.Spec.Kind switch
            {
                ParameterKind.SiteScalar => config.AlphaLrFactor,
                ParameterKind.BranchScalar => residual.LrFactor,
                _ => 1,
            });
            if (groups.Count > 0 && groups[^1].WeightDecay == decay && groups[^1].LrFactor == factor)
                groups[^1] = groups[^1] with { Length = end - groups[^1].Start };
            else
                groups.Add(new ParameterGroup(entry.Offset, end - entry.Offset, decay, factor));
        }

        return groups;
    }

    private static bool Decays(ParameterKind kind) => kind is ParameterKind.Matrix or ParameterKind.Embedding;
}
