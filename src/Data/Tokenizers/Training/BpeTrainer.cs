using System.Runtime.InteropServices;

namespace DyT.Data;

/// <summary>
/// Learns byte-pair merges from words and how often they occur (Sennrich et al. 2016): again and again the pair of neighbouring tokens that occurs most often becomes one
/// token. Of pairs that occur equally often the one of older tokens comes first, so the same words always give the same merges.
/// </summary>
internal sealed class BpeTrainer
{
    /// <summary>A pair that occurs once says nothing of the language.</summary>
    private const long LeastCount = 2;

    private readonly List<string> _tokens = [.. ByteLevelAlphabet.All.ToArray().Select(c => c.ToString())];
    private readonly List<(int[] Tokens, long Count)> _words = [];
    private readonly Dictionary<(int Left, int Right), long> _counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _places = []; // words that hold the pair, or held it
    private readonly PriorityQueue<(int Left, int Right), (long Count, int Left, int Right)> _queue =
        new(Comparer<(long Count, int Left, int Right)>.Create((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Left != b.Left ? a.Left.CompareTo(b.Left) : a.Right.CompareTo(b.Right)));

    private BpeTrainer(IReadOnlyList<(string Word, long Count)> words)
    {
        var numbers = _tokens.Select((token, number) => (token[0], number)).ToDictionary(pair => pair.Item1, pair => pair.number);
        for (var w = 0; w < words.Count; w++)
        {
            int[] tokens = [.. words[w].Word.Select(c => numbers[c])];
            _words.Add((tokens, words[w].Count));
            Change(w, tokens, words[w].Count);
        }

        foreach (var (pair, count) in _counts) Enqueue(pair, count);
    }

    /// <summary>The 256 bytes' tokens and those that merges made, by number, and the merges "left right" by rank.</summary>
    /// <param name="words">In any fixed order, written in <see cref="ByteLevelAlphabet"/>.</param>
    /// <param name="size">Tokens wanted; fewer come out where the words have no more pairs that repeat.</param>
    /// <param name="ct">Stops between merges.</param>
    public static (IReadOnlyList<string> Tokens, IReadOnlyList<string> Merges) Train(IReadOnlyList<(string Word, long Count)> words, int size, CancellationToken ct)
    {
        var trainer = new BpeTrainer(words);
        var merges = new List<string>();
        // Two pairs can spell the same token; the second has no number of its own.
        var known = new HashSet<string>(trainer._tokens, StringComparer.Ordinal);
        while (trainer._tokens.Count < size && trainer.Best() is { } pair)
        {
            ct.ThrowIfCancellationRequested();
            var (left, right) = (trainer._tokens[pair.Left], trainer._tokens[pair.Right]);
            if (!known.Add(left + right))
            {
                trainer._counts.Remove(pair);
                continue;
            }

            merges.Add($"{left} {right}");
            trainer.Merge(pair);
        }

        return (trainer._tokens, merges);
    }

    private (int Left, int Right)? Best()
    {
        while (_queue.TryDequeue(out var pair, out var priority))
        {
            var count = _counts.GetValueOrDefault(pair);
            if (count == priority.Count) return count >= LeastCount ? pair : null;
            // It has become rarer since it was put there; whatever became more frequent was put there anew.
            if (count > 0 && count < priority.Count) Enqueue(pair, count);
        }

        return null;
    }

    private void Merge((int Left, int Right) pair)
    {
        var merged = _tokens.Count;
        _tokens.Add(_tokens[pair.Left] + _tokens[pair.Right]);
        var changed = new HashSet<(int, int)>();
        foreach (var w in _places[pair].Order())
        {
            var (tokens, count) = _words[w];
            var next = Merged(tokens, pair, merged);
            if (next.Length == tokens.Length) continue;
            Change(w, tokens, -count);
            Change(w, next, count);
            _words[w] = (next, count);
            for (var i = 0; i + 1 < next.Length; i++)
                if (next[i] == merged || next[i + 1] == merged) changed.Add((next[i], next[i + 1]));
        }

        _counts.Remove(pair);
        _places.Remove(pair);
        foreach (var made in changed)
            if (_counts.TryGetValue(made, out var count)) Enqueue(made, count);
    }

    private static int[] Merged(int[] tokens, (int Left, int Right) pair, int merged)
    {
        var next = new List<int>(tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            var here = tokens[i] == pair.Left && i + 1 < tokens.Length && tokens[i + 1] == pair.Right;
            next.Add(here ? merged : tokens[i]);
            if (here) i++;
        }

        return [.. next];
    }

    /// <summary>Adds a word's pairs to the counts, or takes them away.</summary>
    private void Change(int word, int[] tokens, long by)
    {
        for (var i = 0; i + 1 < tokens.Length; i++)
        {
            var pair = (tokens[i], tokens[i + 1]);
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += by;
            if (by <= 0) continue;
            ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, pair, out var there);
            if (!there) places = [];
            places!.Add(word);
        }
    }

    private void Enqueue((int Left, int Right) pair, long count) => _queue.Enqueue(pair, (count, pair.Left, pair.Right));
}
