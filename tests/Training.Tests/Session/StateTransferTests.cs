using CsCheck;
using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

public sealed class StateAgreementTests
{
    private static StateAgreement Of(params (long Step, int Hash)[] records) => StateAgreement.Of([.. records.Select(r => new StateRecord(r.Step, 0, 0, (UInt128)r.Hash))]);

    [Fact]
    public void The_highest_step_counts_and_among_those_the_majority()
    {
        Assert.Equal([1, 2], Of((0, 9), (7, 1), (7, 1), (6, 1)).Sources);
        Assert.Equal([0, 3], Of((0, 9), (7, 1), (7, 1), (6, 1)).Behind);
        Assert.Equal([1, 2], Of((7, 5), (7, 1), (7, 1)).Sources);
        Assert.Equal([0], Of((7, 5), (7, 1), (7, 1)).Damaged);
        Assert.Equal([0], Of((7, 5), (7, 1)).Sources); // no majority: the lowest rank
        Assert.True(Of((-1, 0), (-1, 0)).Nobody);
    }

    [Fact]
    public void Whoever_missed_the_evaluation_of_the_step_is_behind()
    {
        var agreement = StateAgreement.Of([new StateRecord(8, 8, 0, 1), new StateRecord(8, 4, 0, 1), new StateRecord(8, 8, 1, 1)]);
        Assert.Equal([2], agreement.Sources);
        Assert.Equal([0, 1], agreement.Behind);
        Assert.Empty(agreement.Damaged);
    }

    [Fact]
    public void Sources_and_those_behind_are_everyone_and_sources_are_of_one_state() =>
        Gen.Int[-1, 3].Select(Gen.Int[0, 2]).Array[1, 8].Sample(records =>
        {
            var a = Of([.. records.Select(r => ((long)r.Item1, r.Item2))]);
            Assert.Equal(Enumerable.Range(0, records.Length), a.Sources.Concat(a.Behind).Order());
            Assert.Single(a.Sources.Select(r => records[r]).Distinct());
            Assert.Equal(records.Max(r => r.Item1), a.Step);
            Assert.All(a.Damaged, r => Assert.Equal(a.Step, records[r].Item1));
        });
}
