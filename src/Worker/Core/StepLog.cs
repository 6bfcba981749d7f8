using DyT.Runs;

namespace DyT.Worker.Core;

/// <summary>
/// The steps that this worker has committed and that the coordinator's ledger may not have yet. Every member keeps them: whoever of them lives can fill the
/// ledger when a coordinator comes back, or when the member that reports has died.
/// </summary>
public sealed class StepLog
{
    /// <summary>A bound for weeks without a coordinator; the ledger then has a gap, the training has none.</summary>
    private const int MostSteps = 100_000;

    private const int MostRepeated = 200;

    private readonly LinkedList<StepMetrics> _steps = [];
    private long _acknowledged = -1; // by the acknowledgement before
    private long _oldestThen; // the oldest step that was kept then

    public void Add(StepMetrics step)
    {
        ForgetAfter(step.Step - 1);
        _steps.AddLast(step);
        if (_steps.Count > MostSteps)
            _steps.RemoveFirst();
    }

    /// <summary>The ledger has everything up to this step.</summary>
    /// <returns>What is to be reported again: the ledger stands still although there is more, so reports got lost.</returns>
    public IReadOnlyList<StepMetrics> Acknowledge(long ledgerStep)
    {
        while (_steps.First is { } first && first.Value.Step <= ledgerStep)
            _steps.RemoveFirst();
        var stuck = _steps.First is { } oldest && ledgerStep == _acknowledged && oldest.Value.Step == _oldestThen;
        _acknowledged = ledgerStep;
        _oldestThen = _steps.First?.Value.Step ?? 0;
        return stuck ? [.. _steps.Take(MostRepeated)] : [];
    }

    /// <summary>Steps after this one were undone, or are done again.</summary>
    public void ForgetAfter(long step)
    {
        while (_steps.Last is { } last && last.Value.Step > step)
            _steps.RemoveLast();
    }

    /// <summary>In order.</summary>
    public IReadOnlyList<StepMetrics> Kept => [.. _steps];
}
