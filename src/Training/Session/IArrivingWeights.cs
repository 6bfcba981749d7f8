namespace DyT.Training.Session;

/// <summary>Weights of the last step that arrive while the next step's first forward goes on. Both methods throw what broke the generation.</summary>
public interface IArrivingWeights
{
    /// <summary>Returns when the weights are here that forward reads at this mark (of <see cref="Model.GradientMarks"/>).</summary>
    void Await(int mark);

    /// <summary>Returns when all are here: only then may gradients be written, for until then the last step's may be wanted once more.</summary>
    void Complete();
}
