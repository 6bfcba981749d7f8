using CsCheck;
using DyT.Config;

namespace DyT.Data.Tests.Tokenizers;

public class BpeTrainerTests
{
    private static readonly Gen<string> Word = Choose.From("a", "b", "c", "n", " ").Array[1, 8].Select(string.Concat);

    [Fact]
    public void The_merges_are_those_of_counting_everything_anew_each_time() =>
        Gen.Select(Word, Gen.Long[1, 4]).List[1, 12].Sample(drawn =>
        {
            (string Word, long Count)[] words = [.. drawn.GroupBy(w => w.Item1.Replace(' ', 'Ġ')).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Sum(w => w.Item2)))];
            var (tokens, merges) = BpeTrainer.Train(words, 256 + 9, default);
            var (expectedTokens, expectedMerges) = Naive(words, 256 + 9);
            Assert.Equal(expectedMerges, merges);
            Assert.Equal(expectedTokens, tokens);
        }, iter: 300);

    [Fact]
    public void What_it_learns_reads_any_text_back_and_is_loaded_as_it_was_saved()
    {
        using var folder = new TempFolder();
        var words = new WordCounts();
        words.Add("the cat and the dog; the house of the cat — aquel gato, aquella casa, él corrió");
        var tokenizer = TrainedBpe.Train(words, 300, null, default);
        tokenizer.Save(folder["tokenizer"]);
        var loaded = TokenizerStore.Load(folder["tokenizer"]);
        Assert.Equal((TokenizerKind.Bpe, tokenizer.VocabSize, tokenizer.VocabHash), (loaded.Kind, loaded.VocabSize, loaded.VocabHash));
        Assert.True(tokenizer.Encode(" the cat").Length <= 3);
        Gen.String.Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
            Assert.Equal(tokenizer.Encode(text), loaded.Encode(text));
        }, iter: 200);
    }

    [Fact]
    public void Without_pairs_that_repeat_the_bytes_are_all_there_is()
    {
        var (tokens, merges) = BpeTrainer.Train([("abc", 1)], 1000, default);
        Assert.Empty(merges);
        Assert.Equal(256, tokens.Count);
    }

    /// <summary>By the definition: counts of all pairs, most frequent first, then the one of the older tokens.</summary>
    private static (List<string> Tokens, List<string> Merges) Naive((string Word, long Count)[] words, int size)
    {
        var tokens = ByteLevelAlphabet.All.ToArray().Select(c => c.ToString()).ToList();
        var merges = new List<string>();
        var cut = words.Select(w => w.Word.Select(c => c.ToString()).ToList()).ToArray();
        var barred = new HashSet<(string, string)>();
        while (tokens.Count < size)
        {
            var counts = new Dictionary<(string, string), long>();
            for (var w = 0; w < words.Length; w++)
                for (var i = 0; i + 1 < cut[w].Count; i++)
                    counts[(cut[w][i], cut[w][i + 1])] = counts.GetValueOrDefault((cut[w][i], cut[w][i + 1])) + words[w].Count;
            var best = counts.Where(c => c.Value >= 2 && !barred.Contains(c.Key))
                .OrderByDescending(c => c.Value).ThenBy(c => tokens.IndexOf(c.Key.Item1)).ThenBy(c => tokens.IndexOf(c.Key.Item2)).Select(c => c.Key).FirstOrDefault();
            if (best.Item1 is null) break;
            if (tokens.Contains(best.Item1 + best.Item2))
            {
                barred.Add(best);
                continue;
            }

            tokens.Add(best.Item1 + best.Item2);
            merges.Add($"{best.Item1} {best.Item2}");
            foreach (var word in cut)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != best.Item1 || word[i + 1] != best.Item2) continue;
                    word[i] += word[i + 1];
                    word.RemoveAt(i + 1);
                }
            }
        }

        return (tokens, merges);
    }
}
