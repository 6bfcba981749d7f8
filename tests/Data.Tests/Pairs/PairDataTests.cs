using CsCheck;
using DyT.Config;
using DyT.Data.Pairs;

namespace DyT.Data.Tests.Pairs;

public class PairDataTests
{
    private static DataConfig Config(TempFolder folder, string source, PairsConfig? pairs = null, TokenizerKind kind = TokenizerKind.Bpe) => new()
    {
        Source = source, Cache = folder["cache"], ValFraction = 0.2, Tokenizer = new() { Kind = kind, Size = 270 }, Pairs = pairs ?? new PairsConfig { TestFraction = 0.1 },
    };

    private static string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"the number {i} of them\tel número {i} de ellos\n"));

    [Fact]
    public void Pairs_come_back_as_they_were_each_in_one_part_and_once_made_they_are_found_again()
    {
        using var folder = new TempFolder();
        var config = Config(folder, folder.Write("a.tsv", Lines(100)));
        var told = new List<string>();
        var prepared = PairPreparer.Prepare(config, 5, 64, told.Add);
        Assert.Equal((70, 20, 10, 0L), (prepared.TrainPairs, prepared.ValPairs, prepared.TestPairs, prepared.LeftOut));
        Assert.NotEmpty(told);
        told.Clear();
        Assert.Equal(prepared.ContentHash, PairPreparer.Prepare(config, 5, 64, told.Add).ContentHash);
        Assert.Empty(told);
        Assert.NotEqual(prepared.ContentHash, PairPreparer.Prepare(config, 6, 64).ContentHash);

        using var train = prepared.OpenTrain();
        using var validation = prepared.OpenValidation();
        var all = Texts(train, prepared).Concat(Texts(validation, prepared)).Concat(prepared.ReadTest());
        Assert.Equal(Lines(100).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(), all.Select(p => $"{p.Source}\t{p.Target}").Order());
    }

    [Fact]
    public void Two_files_of_as_many_lines_are_pairs_too_and_can_be_turned_around()
    {
        using var folder = new TempFolder();
        var pairs = new PairsConfig { SourceFile = folder.Write("x.en", "one\r\n\ntwo\n"), TargetFile = folder.Write("x.es", "uno\nnada\ndos"), SharedVocabulary = false };
        Assert.Equal([new("one", "uno"), new("two", "dos")], PairSource.Resolve(Config(folder, "none", pairs), null, default).Read(default));
        Assert.Equal([new("uno", "one"), new("dos", "two")], PairSource.Resolve(Config(folder, "none", pairs with { Reverse = true }), null, default).Read(default));
        folder.Write("x.es", "uno\nnada");
        Assert.Contains("2 lines, fewer", Assert.Throws<UserErrorException>(() => PairSource.Resolve(Config(folder, "none", pairs), null, default).Read(default).ToList()).Message, StringComparison.Ordinal);
        folder.Write("x.es", "uno\nnada\n\tdos\t"); // around a segment it is space like other space
        Assert.Equal("dos", PairSource.Resolve(Config(folder, "none", pairs), null, default).Read(default).ElementAt(1).Target);
        folder.Write("x.es", "uno\nna\tda\ndos");
        Assert.Contains("x.es:2: there is a tab", Assert.Throws<UserErrorException>(() => PairSource.Resolve(Config(folder, "none", pairs), null, default).Read(default).ToList()).Message, StringComparison.Ordinal);
        folder.Write("x.es", "uno\nnada\ndos\ntres");
        Assert.Contains("3 lines, fewer", Assert.Throws<UserErrorException>(() => PairSource.Resolve(Config(folder, "none", pairs), null, default).Read(default).ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vocabularies_of_their_own_know_their_side_alone()
    {
        using var folder = new TempFolder();
        var pairs = new PairsConfig { SharedVocabulary = false, TestFraction = 0 };
        var prepared = PairPreparer.Prepare(Config(folder, folder.Write("a.tsv", Lines(50)), pairs, TokenizerKind.Chars), 1, 64);
        Assert.False(prepared.Shared);
        Assert.Throws<UserErrorException>(() => prepared.Source.Encode("ú"));
        Assert.Equal("ú", prepared.Target.Decode(prepared.Target.Encode("ú")));
    }

    [Fact]
    public void What_is_too_long_is_left_out_and_counted()
    {
        using var folder = new TempFolder();
        var config = Config(folder, folder.Write("a.tsv", Lines(50) + $"{new string('x', 40)}\ty\n" + $"y\t{new string('x', 40)}\n"), kind: TokenizerKind.Bytes);
        var prepared = PairPreparer.Prepare(config, 1, 32);
        Assert.Equal(2, prepared.LeftOut);
        Assert.Equal(50, prepared.TrainPairs + prepared.ValPairs + prepared.TestPairs);
        Assert.Contains("max_length", Assert.Throws<UserErrorException>(() => PairPreparer.Prepare(config, 1, 5)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\tb\nno tab\n", ":2: the line has 1 columns")]
    [InlineData("a\tb\tc\n", ":1: the line has 3 columns")]
    public void A_line_that_is_no_pair_is_named(string text, string part)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<UserErrorException>(() => PairPreparer.Prepare(Config(folder, folder.Write("a.tsv", text)), 1, 8));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_pair_never_stands_on_two_sides() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 6]).Select(p => new TextPair($"s{p.Item1}", $"t{p.Item2}")).List[1, 60].Select(Gen.Long).Sample((pairs, seed) =>
        {
            var (train, validation, test) = PairSplit.Of(pairs, seed, 0.2, 0.2, null);
            Assert.Equal(Enumerable.Range(0, pairs.Count), train.Concat(validation).Concat(test).Order());
            HashSet<TextPair> One(int[] part) => [.. part.Select(i => pairs[i])];
            Assert.Empty(One(train).Intersect(One(validation)).Concat(One(train).Intersect(One(test))).Concat(One(validation).Intersect(One(test))));
        }, iter: 200);

    private static IEnumerable<TextPair> Texts(PairShard shard, PreparedPairs prepared)
    {
        for (var pair = 0; pair < shard.Count; pair++)
        {
            var (source, target) = (new long[shard.SourceLength(pair)], new long[shard.TargetLength(pair)]);
            shard.ReadSource(pair, source);
            shard.ReadTarget(pair, target);
            yield return new TextPair(prepared.Source.Decode([.. source.Select(t => (int)t)]), prepared.Target.Decode([.. target.Select(t => (int)t)]));
        }
    }
}
