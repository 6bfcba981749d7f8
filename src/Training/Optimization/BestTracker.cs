namespace DyT.Training.Optimization;

/// <summary>The best validation loss so far, and the patience that ends a run early.</summary>
/// <param name="patience">Evaluations without a better loss that end the run; 0: never.</param>
public sealed class BestTracker(int patience)
{
    /// <summary>Null before the first evaluation.</summary>
    public double? Loss { get; private set; }

    public long? Step { get; private set; }

    public int SinceBest { get; private set; }

    public bool IsOutOfPatience => patience > 0 && SinceBest >= patience;

    /// <summary>Takes an evaluation; true when patience has ended.</summary>
    public bool Record(long step, double loss)
    {
        if (Loss is null || loss < Loss)
        {
            (Loss, Step, SinceBest) = (loss, step, 0);
            return false;
        }

        SinceBest++;
        return IsOutOfPatience;
    }

    public void Restore(double? loss, long? step, int sinceBest) => (Loss, Step, SinceBest) = (loss, step, sinceBest);
}
