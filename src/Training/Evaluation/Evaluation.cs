using DyT.Model;

namespace DyT.Training.Evaluation;

/// <summary>What an evaluation found.</summary>
/// <param name="Loss">Mean loss in nats.</param>
/// <param name="Count">Tokens or images that it is the mean of.</param>
/// <param name="Scores">What else the network is judged by, as shares from 0 to 1 (<c>top1</c>); empty for a language model.</param>
public sealed record Evaluation(double Loss, long Count, IReadOnlyDictionary<string, double> Scores)
{
    /// <param name="names"><see cref="INetwork.ScoreNames"/>.</param>
    /// <param name="sums">In the same order.</param>
    public static Evaluation Of(IReadOnlyList<string> names, ReadOnlySpan<double> sums)
    {
        var scores = new Dictionary<string, double>();
        for (var i = 2; i < names.Count; i++)
            scores.Add(names[i], sums[i] / sums[1]);
        return new Evaluation(sums[0] / sums[1], (long)sums[1], scores);
    }
}
