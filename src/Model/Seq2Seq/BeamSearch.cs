namespace DyT.Model;

/// <summary>A way to go on: from one of the beams with a token.</summary>
/// <param name="Beam">0..beams-1.</param>
/// <param name="Token">The next.</param>
/// <param name="LogProbability">Of the whole text with it, in nats.</param>
public readonly record struct BeamCandidate(int Beam, int Token, double LogProbability);

/// <summary>
/// The search for the likeliest translation of one segment, step by step: the decisions alone, pure but for what they remember. With one beam it takes the likeliest token each time.
/// </summary>
/// <remarks>
/// A text that ends is scored by its log-probability over ((5 + length) / 6)^penalty (arXiv 1609.08144), the mark at its end counted. The search is over when as many have ended
/// as there are beams.
/// </remarks>
/// <param name="beams">Texts that are followed at once.</param>
/// <param name="end">The token that ends a text.</param>
/// <param name="penalty">0: the likeliest whole text, which favours short ones; 1: about the likeliest per token.</param>
public sealed class BeamSearch(int beams, int end, double penalty)
{
    private readonly List<(int[] Tokens, double Score)> _ended = [];
    private List<(int[] Tokens, double LogProbability)> _alive = [([], 0)];

    /// <summary>Texts that are followed now; at first one, the empty one.</summary>
    public IReadOnlyList<(int[] Tokens, double LogProbability)> Alive => _alive;

    public bool IsOver { get; private set; }

    /// <summary>How many candidates <see cref="Advance"/> wants at most: among so many there are enough that go on.</summary>
    public int Wanted => 2 * beams;

    /// <summary>Takes the next step.</summary>
    /// <param name="candidates">The likeliest ways to go on, by falling probability.</param>
    /// <returns>For each text that is followed now, the beam that it comes from.</returns>
    public IReadOnlyList<int> Advance(IReadOnlyList<BeamCandidate> candidates)
    {
        var (next, from) = (new List<(int[], double)>(beams), new List<int>(beams));
        for (var rank = 0; rank < candidates.Count && next.Count < beams; rank++)
        {
            var candidate = candidates[rank];
            if (candidate.Token != end)
            {
                next.Add(([.. _alive[candidate.Beam].Tokens, candidate.Token], candidate.LogProbability));
                from.Add(candidate.Beam);
            }
            else if (rank < beams)
            {
                // An end that is not among the likeliest ways to go on is no end worth having.
                var tokens = _alive[candidate.Beam].Tokens;
                _ended.Add((tokens, candidate.LogProbability / Penalty(tokens.Length + 1)));
            }
        }

        _alive = next;
        IsOver = _ended.Count >= beams || _alive.Count == 0;
        return from;
    }

    /// <summary>The best text that has ended; where none has, the likeliest of those that are followed.</summary>
    public int[] Best() => _ended.Count > 0 ? _ended.MaxBy(e => e.Score).Tokens : _alive.MaxBy(a => a.LogProbability).Tokens;

    private double Penalty(int length) => Math.Pow((5.0 + length) / 6, penalty);
}
