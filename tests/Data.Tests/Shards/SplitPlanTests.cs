using CsCheck;

namespace DyT.Data.Tests;

public class SplitPlanTests
{
    private static readonly Gen<string[]> Documents = Gen.Int[1, 40].Select(n => new string((char)('a' + (n % 26)), n)).Array[1, 60];

    [Fact]
    public void Every_character_goes_to_exactly_one_part_and_both_parts_have_some() =>
        Gen.Select(Documents, Gen.Long, Gen.Double[0.01, 0.5]).Sample((documents, seed, fraction) =>
        {
            var parts = Split(documents, seed, fraction, null);
            for (var i = 0; i < documents.Length; i++) Assert.Equal(documents[i], parts[i].Train + parts[i].Validation);
            if (documents.Length == 1) return;
            Assert.All(parts, part => Assert.True(part.Train is null ^ part.Validation is null));
            Assert.Equal(Math.Clamp(Math.Round(documents.Length * fraction), 1, documents.Length - 1), parts.Count(part => part.Validation is not null));
        });

    [Fact]
    public void At_most_max_chars_are_taken_and_no_fewer_than_there_are() =>
        Gen.Select(Documents, Gen.Long, Gen.Long[1, 900]).Sample((documents, seed, max) =>
        {
            var taken = Split(documents, seed, 0.2, max).Sum(part => (part.Train?.Length ?? 0) + (part.Validation?.Length ?? 0));
            Assert.Equal(Math.Min(max, documents.Sum(d => d.Length)), taken);
        });

    [Fact]
    public void The_split_depends_on_the_seed_alone()
    {
        string[] documents = [.. Enumerable.Range(0, 100).Select(i => $"document {i}")];
        Assert.Equal(Split(documents, 5, 0.1, null), Split(documents, 5, 0.1, null));
        Assert.NotEqual(Split(documents, 5, 0.1, null), Split(documents, 6, 0.1, null));
    }

    [Fact]
    public void A_single_document_is_split_in_place_its_end_for_validation()
    {
        Assert.Equal([("abcdefghi", "j")], Split(["abcdefghij"], 1, 0.1, null));
        Assert.Equal([("abcd", "ef")], Split(["abcdefghij"], 1, 0.25, 6));
    }

    [Fact]
    public void A_surrogate_pair_is_not_cut()
    {
        Assert.Equal([("ab", "\U0001F600")], Split(["ab\U0001F600"], 1, 0.2, null));
        Assert.Equal([("", "a")], Split(["a\U0001F600"], 1, 0.5, 2));
    }

    private static (string? Train, string? Validation)[] Split(string[] documents, long seed, double fraction, long? max)
    {
        var plan = new SplitPlan([.. documents.Select(d => d.Length)], seed, fraction, max);
        return [.. documents.Select((d, i) => plan.Parts(i, d))];
    }
}
