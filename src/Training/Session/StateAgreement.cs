namespace DyT.Training.Session;

/// <summary>What one rank says of its state.</summary>
/// <param name="Step">The committed step; -1: none.</param>
/// <param name="Evaluated">The last step with an evaluation: a break in the middle of one leaves some with it and some without.</param>
/// <param name="Skipped">How many steps it knows to be skipped.</param>
/// <param name="Hash">Of the buffers.</param>
public readonly record struct StateRecord(long Step, long Evaluated, int Skipped, UInt128 Hash);

/// <summary>
/// Whose state is right, from everyone's records: pure, and so the same on every rank. The highest committed step counts; among those who have it the
/// majority's bits, and with equal votes those of the lowest rank.
/// </summary>
public sealed record StateAgreement(long Step, IReadOnlyList<int> Sources, IReadOnlyList<int> Behind, IReadOnlyList<int> Damaged)
{
    /// <summary>Whether nobody has a whole state.</summary>
    public bool Nobody => Step < 0;

    public static StateAgreement Of(IReadOnlyList<StateRecord> records)
    {
        var step = records.Max(r => r.Step);
        var same = Enumerable.Range(0, records.Count).Where(r => records[r].Step == step).ToList();
        // Among those of one step, whoever knows most: all must go on from the same knowledge, or they part ways.
        var most = same.Max(r => (records[r].Evaluated, records[r].Skipped));
        var ahead = same.Where(r => (records[r].Evaluated, records[r].Skipped) == most).ToList();
        var hash = ahead.GroupBy(r => records[r].Hash).OrderByDescending(g => g.Count()).ThenBy(g => g.Min()).First().Key;
        var sources = ahead.Where(r => records[r].Hash == hash).ToList();
        return new StateAgreement(
            step,
            sources,
            [.. Enumerable.Range(0, records.Count).Except(sources)],
            [.. ahead.Except(sources)]);
    }
}
