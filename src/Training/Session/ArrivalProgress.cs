using DyT.Model;

namespace DyT.Training.Session;

/// <summary>
/// The first pass of a step whose weights are still arriving: forward waits for what it is about to read, and at the head for all. Not before may gradients be written; what stands behind the
/// head writes some in forward already.
/// </summary>
/// <param name="arriving">The weights.</param>
/// <param name="reduction">Told of the gradients; null when nobody wants to know.</param>
/// <param name="arrived">Called once, when all weights are here.</param>
internal sealed class ArrivalProgress(IArrivingWeights arriving, IStepProgress? reduction, Action arrived) : IStepProgress
{
    /// <summary>Whether all weights are here.</summary>
    public bool IsHere { get; private set; }

    public void BeforeForward(int mark)
    {
        if (IsHere)
            return;
        if (mark != GradientMarks.Head)
        {
            arriving.Await(mark);
            return;
        }

        arriving.Complete();
        IsHere = true;
        arrived();
    }

    public void OnFinal(int mark) => reduction?.OnFinal(mark);
}
