using DyT.Config;
using DyT.Data;
using DyT.Model;
using static TorchSharp.torch;

namespace DyT.Training.Evaluation;

/// <summary>Scores of a language model on any text.</summary>
/// <param name="Found">The loss and the tokens that were predicted: all but the first.</param>
/// <param name="BytesPerToken">UTF-8 bytes of the text for each of its tokens.</param>
public sealed record TextEvaluation(Evaluation Found, double BytesPerToken)
{
    /// <summary>Cuts a text's tokens into sequences side by side, the last as long as what is left, and sums over them in order.</summary>
    /// <param name="network">A language model.</param>
    /// <param name="tokenizer">Its tokens.</param>
    /// <param name="text">What to predict.</param>
    /// <param name="block">Tokens per sequence.</param>
    /// <param name="microBatch">Sequences at once.</param>
    /// <exception cref="UserErrorException">The text has fewer than two tokens, or some that the tokenizer does not know.</exception>
    public static TextEvaluation Of(ILanguageModel network, ITokenizer tokenizer, string text, int block, int microBatch)
    {
        var tokens = tokenizer.Encode(text);
        if (tokens.Length < 2)
            throw new UserErrorException($"The text has {tokens.Length} tokens, but a loss needs 2: the second is predicted from the first. Give a longer text.");
        var sums = new double[network.ScoreNames.Count];
        var numbers = new double[sums.Length];
        foreach (var (start, rows, length) in Pieces(tokens.Length - 1, block, microBatch))
        {
            using var scope = NewDisposeScope();
            network.Score(new TextBatch(Rows(tokens, start, rows, length), Rows(tokens, start + 1, rows, length)), numbers);
            for (var i = 0; i < sums.Length; i++)
                sums[i] += numbers[i];
        }

        return new TextEvaluation(Evaluation.Of(network.ScoreNames, sums), (double)System.Text.Encoding.UTF8.GetByteCount(text) / tokens.Length);
    }

    /// <summary>Batches of equal sequences over <paramref name="count"/> tokens, each token in one of them: where each begins, its sequences and their length.</summary>
    public static IEnumerable<(int Start, int Rows, int Length)> Pieces(int count, int block, int microBatch)
    {
        var whole = count / block;
        for (var row = 0; row < whole; row += microBatch)
            yield return (row * block, Math.Min(microBatch, whole - row), block);
        if (count % block > 0)
            yield return (whole * block, 1, count % block);
    }

    private static Tensor Rows(int[] tokens, int start, int rows, int length) => tensor(Array.ConvertAll(tokens[start..(start + rows * length)], t => (long)t), [rows, length]);
}
