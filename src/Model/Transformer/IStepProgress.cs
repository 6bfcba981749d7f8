namespace DyT.Model;

/// <summary>Told, by marks that stand in the network (<see cref="GradientMarks"/>), where forward is and which gradients backward has finished. Both on the thread that runs them.</summary>
public interface IStepProgress
{
    /// <summary>
    /// Forward is about to read the parameters whose mark is <paramref name="mark"/> (falling marks; what has none, it has read before the first). It goes on when this returns, and ends with
    /// what this throws. Where blocks are recomputed in backward it is told once more.
    /// </summary>
    void BeforeForward(int mark)
    {
    }

    /// <summary>Backward writes no more to the gradients of all parameters whose marks are at most <paramref name="mark"/> (rising marks). Must return at once and not throw.</summary>
    void OnFinal(int mark);
}
