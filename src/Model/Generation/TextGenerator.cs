namespace DyT.Model;

/// <summary>Draws text from a language model, token by token.</summary>
public static class TextGenerator
{
    /// <summary>Yields <paramref name="count"/> tokens after <paramref name="prompt"/> (at least one token). The same seed draws the same tokens.</summary>
    /// <param name="vocab">Tokens that the tokenizer knows; a padded output layer has more, which are never drawn.</param>
    public static IEnumerable<int> Generate(ILanguageModel model, IReadOnlyList<int> prompt, int count, int vocab, TokenChoice choice, long seed)
    {
        if (prompt.Count == 0)
            throw new ArgumentException("the prompt is empty", nameof(prompt));
        return Drawn();

        IEnumerable<int> Drawn()
        {
            var random = new Random(HashCode(seed));
            var seen = prompt.ToHashSet();
            using var text = model.Continue();
            int[] unread = [.. prompt];
            for (var i = 0; i < count; i++)
            {
                var next = choice.Draw(text.Next(unread)[..vocab], seen, random.NextDouble());
                seen.Add(next);
                unread = [next];
                yield return next;
            }
        }
    }

    private static int HashCode(long seed) => (int)(seed ^ (seed >> 32));
}
