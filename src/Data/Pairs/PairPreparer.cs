using System.Globalization;
using System.Text;
using DyT.Config;

namespace DyT.Data.Pairs;

/// <summary>
/// Aligned texts to tokens, once per setting: the result is kept in <c>&lt;cache&gt;/prepared-pairs/KEY</c>, where the key stands for everything that it depends on
/// (see <see cref="PreparedOnce"/>).
/// </summary>
public static class PairPreparer
{
    /// <summary>Raised whenever the same texts and settings would give other tokens.</summary>
    private const int PreparationVersion = 1;

    /// <summary>All pairs are held in memory while they are prepared.</summary>
    private const int MostPairs = 50_000_000;

    /// <summary>Gives the prepared pairs, made now or found in the cache and checked.</summary>
    /// <param name="data">Which texts and tokenizer.</param>
    /// <param name="seed">Seed of the split.</param>
    /// <param name="longest">Most tokens of a side, the mark at the end included.</param>
    /// <param name="progress">Told, in a phrase, about what takes time.</param>
    /// <param name="ct">Stops the preparation.</param>
    /// <exception cref="UserErrorException">Texts are missing, unreadable, not aligned or too few; a tokenizer's file is wrong.</exception>
    public static PreparedPairs Prepare(DataConfig data, long seed, int longest, Action<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 2);
        var source = PairSource.Resolve(data, progress, ct);
        var files = TokenizerFiles.Locate(data.Tokenizer, data.Cache, progress, ct);
        var folder = new PreparedPairsFolder(Path.Combine(Path.GetFullPath(data.Cache), "prepared-pairs", Key(data, seed, longest, source, files)));
        var prepared = PreparedOnce.Get(folder.Folder, folder.Open, aside => Build(new PreparedPairsFolder(aside), data, seed, longest, source, files, progress, ct), progress, ct);
        if (prepared.LeftOut > 0)
            progress?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{prepared.LeftOut:N0} pairs with more than {longest} tokens on a side are left out (data.pairs.max_length)"));
        if (prepared.TrainPairs == 0 || prepared.ValPairs == 0)
            throw new UserErrorException($"data.source: of '{source.Name}' there are {prepared.TrainPairs} pairs to train on and {prepared.ValPairs} to validate on, but some are needed of each: give more text or a larger data.pairs.max_length.");
        return prepared;
    }

    /// <summary>One line for people: how much there is of what.</summary>
    public static string Describe(PreparedPairs prepared) => string.Create(CultureInfo.InvariantCulture,
        $"{prepared.TrainPairs:N0} pairs to train on, {prepared.ValPairs:N0} to validate on, {prepared.TestPairs:N0} kept aside, {prepared.MeanTokens:N0} tokens a pair, vocabulary of {prepared.Source.VocabSize:N0}{(prepared.Shared ? "" : string.Create(CultureInfo.InvariantCulture, $" and {prepared.Target.VocabSize:N0}"))}");

    private static void Build(PreparedPairsFolder folder, DataConfig data, long seed, int longest, PairSource source, TokenizerFiles? files, Action<string>? progress, CancellationToken ct)
    {
        progress?.Invoke($"reading {source.Name}");
        var pairs = new List<TextPair>();
        foreach (var pair in source.Read(ct))
        {
            if (pairs.Count == MostPairs) throw new UserErrorException($"data.source: '{source.Name}' has more than {MostPairs} pairs; take fewer.");
            pairs.Add(pair);
        }

        var (train, validation, test) = PairSplit.Of(pairs, seed, data.ValFraction, data.Pairs.TestFraction, data.MaxChars);
        var (first, second) = Tokenizers(data, pairs, train, files, progress, ct);
        progress?.Invoke(string.Create(CultureInfo.InvariantCulture, $"tokenizing {train.Length + validation.Length + test.Length:N0} pairs"));
        long leftOut = 0;
        string Write(string part, int[] numbers, List<TextPair>? kept)
        {
            using (var writer = new PairShardWriter(folder.At(part), first, second, longest))
            {
                foreach (var number in numbers)
                {
                    ct.ThrowIfCancellationRequested();
                    var (one, other) = (first.Encode(pairs[number].Source), second.Encode(pairs[number].Target));
                    if (one.Length >= longest || other.Length >= longest)
                    {
                        leftOut++;
                        continue;
                    }

                    writer.Append(one, other);
                    kept?.Add(pairs[number]);
                }

                writer.Complete();
            }

            using var shard = folder.OpenShard(part, first, second);
            return shard.ContentHash;
        }

        first.Save(folder.SourceTokenizer);
        if (!ReferenceEquals(first, second)) second.Save(folder.TargetTokenizer);
        var aside = new List<TextPair>();
        var (trainHash, valHash) = (Write(PreparedPairsFolder.Train, train, null), Write(PreparedPairsFolder.Validation, validation, null));
        Write("test", test, aside);
        folder.WriteTest(aside);
        folder.WriteManifest(trainHash, valHash, aside.Count, leftOut);
    }

    /// <summary>The tokenizers of both sides; one object where they share it. What is learnt from text is learnt from what is trained on.</summary>
    private static (ITokenizer Source, ITokenizer Target) Tokenizers(DataConfig data, List<TextPair> pairs, int[] train, TokenizerFiles? files, Action<string>? progress, CancellationToken ct)
    {
        ITokenizer Make(bool sources, bool targets)
        {
            if (files is not null) return files.Load();
            switch (data.Tokenizer.Kind)
            {
                case TokenizerKind.Bytes:
                    return new BytesTokenizer();
                case TokenizerKind.Bpe:
                    var words = new WordCounts();
                    foreach (var number in train)
                    {
                        if (sources) words.Add(pairs[number].Source);
                        if (targets) words.Add(pairs[number].Target);
                    }

                    return TrainedBpe.Train(words, data.Tokenizer.Size, progress, ct);
                default: // characters: of all pairs, for one that is not there could not be read at all
                    return new CharsTokenizer(pairs.SelectMany(pair => $"{(sources ? pair.Source : "")}{(targets ? pair.Target : "")}".EnumerateRunes()).Append(new Rune(' ')));
            }
        }

        if (!data.Pairs.SharedVocabulary) return (Make(true, false), Make(false, true));
        var both = Make(true, true);
        return (both, both);
    }

    private static string Key(DataConfig data, long seed, int longest, PairSource source, TokenizerFiles? files)
    {
        using var digest = new Digest();
        digest.Add(PreparationVersion).Add(source.Identity).Add(source.Reverse ? 1 : 0)
            .Add(BitConverter.DoubleToInt64Bits(data.ValFraction)).Add(BitConverter.DoubleToInt64Bits(data.Pairs.TestFraction)).Add(data.MaxChars ?? -1).Add(seed).Add(longest)
            .Add(data.Tokenizer.Kind.ToString()).Add(files?.ContentHash() ?? "").Add(data.Tokenizer.Kind == TokenizerKind.Bpe ? data.Tokenizer.Size : 0).Add(data.Pairs.SharedVocabulary ? 1 : 0);
        return digest.Hex()[..32];
    }
}
