namespace DyT.Cli.Studies;

/// <summary>Which learning rate a group's cells get. Pure.</summary>
public static class LearningRateSearch
{
    /// <summary>The one with the lowest validation loss; of equal ones the smaller. Where none came to a finite loss, the smallest.</summary>
    /// <param name="tried">Learning rates and the validation loss at the end of each's run; null: it diverged.</param>
    public static double Choose(IReadOnlyList<(double Rate, double? Loss)> tried) =>
        tried.OrderBy(t => t.Loss is { } loss && double.IsFinite(loss) ? loss : double.PositiveInfinity).ThenBy(t => t.Rate).First().Rate;

    /// <summary>The best is the first or the last of those tried: a better one may lie beyond.</summary>
    public static bool IsAtEdge(IReadOnlyList<double> rates, double chosen) => rates.Count > 1 && (chosen == rates.Min() || chosen == rates.Max());
}
