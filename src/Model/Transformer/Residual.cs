using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// One addition to the residual stream: x + s F(x), or (1 + r) x + s F(x), with learned scalars where the model has them (cf. ReZero, arXiv 2003.04887).
/// </summary>
/// <param name="name">Of the branch, as <see cref="NetworkProbe"/> is told it.</param>
/// <param name="scale">s [1]; null: 1.</param>
/// <param name="skip">r [1]; null: 0.</param>
/// <param name="probe">Whoever wants to see the branch.</param>
internal sealed class Residual(string name, Tensor? scale, Tensor? skip, NetworkProbe probe)
{
    /// <summary>The addition behind attention.</summary>
    public static Residual OfAttention(string block, ParameterSet parameters, NetworkProbe probe) =>
        new($"{block}.attn_branch", parameters.Find(Names.AttentionScale(block)), parameters.Find(Names.SkipScale(block)), probe);

    /// <summary>The addition behind attention to the encoder's output.</summary>
    public static Residual OfCross(string block, ParameterSet parameters, NetworkProbe probe) =>
        new($"{block}.cross_branch", parameters.Find(Names.CrossScale(block)), null, probe);

    /// <summary>The addition behind the feed-forward layer.</summary>
    public static Residual OfFfn(string block, ParameterSet parameters, NetworkProbe probe) =>
        new($"{block}.ffn_branch", parameters.Find(Names.FfnScale(block)), null, probe);

    /// <summary>The scalars of one block, where the model has them.</summary>
    public static IEnumerable<ParameterSpec> Table(string block, ResidualConfig config)
    {
        if (config.Kind == ResidualKind.Plain)
            yield break;
        var start = config.Init == ResidualInit.Zero ? 0 : 1;
        yield return Scalar(Names.AttentionScale(block), start);
        yield return config.Form == ResidualForm.Branch ? Scalar(Names.FfnScale(block), start) : Scalar(Names.SkipScale(block), 0);
    }

    /// <summary>What a block of a decoder has more: a scalar of the branch in both forms.</summary>
    public static IEnumerable<ParameterSpec> CrossTable(string block, ResidualConfig config)
    {
        if (config.Kind != ResidualKind.Plain)
            yield return Scalar(Names.CrossScale(block), config.Init == ResidualInit.Zero ? 0 : 1);
    }

    /// <summary>x and branch [B, T, C] to their sum.</summary>
    public Tensor Add(Tensor x, Tensor branch)
    {
        probe.OnBranch(name, x, branch);
        if (scale is null)
            return skip is null ? x.add(branch) : addcmul(x, x, skip, 1).add(branch);
        return ScaledAdd.Applies(x, branch) ? ScaledAdd.Forward(x, branch, scale, skip) : Composite(x, branch, scale, skip);
    }

    /// <summary>The same of libtorch's operations, for every device and dtype; what the fused kernel is held against.</summary>
    internal static Tensor Composite(Tensor x, Tensor branch, Tensor scale, Tensor? skip) =>
        addcmul(skip is null ? x : addcmul(x, x, skip, 1), branch, scale, 1);

    private static ParameterSpec Scalar(string name, double value) => new(name, [1], ParameterKind.BranchScalar, new Initializer.Constant(value));
}
