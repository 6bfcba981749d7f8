using DyT.Config;

namespace DyT.Model;

/// <summary>Standard deviations of initial matrices.</summary>
internal static class Inits
{
    /// <summary>GPT-2's and LLaMA's, for any width.</summary>
    public const double Fixed = 0.02;

    /// <summary>Of a matrix with so many inputs. By the fan-in (LeCun et al., 1998) it keeps the size of its input; a fixed one suits widths near 2500 (1 / 0.02^2).</summary>
    public static double Std(ModelConfig model, int inputs) => model.Init == InitKind.FanIn ? 1 / Math.Sqrt(inputs) : Fixed;

    /// <summary>Of a matrix whose output is added to the residual stream; GPT-2 shrinks it by the number of additions to the stack's own stream, and so does fan_in.</summary>
    public static double ResidualStd(ModelConfig model, int inputs, int additions) =>
        model.Init == InitKind.Llama ? Fixed : Std(model, inputs) / Math.Sqrt((double)additions);
}
