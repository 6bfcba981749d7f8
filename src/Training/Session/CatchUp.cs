using DyT.Collectives;

namespace DyT.Training.Session;

/// <summary>
/// An observer whose state is on its way while the others train: it keeps the summed gradients of the steps meanwhile, and applies them in order when the state
/// is here. Afterwards it is level with the others, to the bit, and they have not waited for it.
/// </summary>
/// <param name="state">This worker's.</param>
/// <param name="runner">Applies a kept step as it applies one's own.</param>
/// <param name="incoming">What is on its way into <paramref name="state"/>.</param>
/// <param name="mostKeptBytes">When the gradients of all steps since would take more, they are thrown away, and the others are asked to stand still for the state.</param>
public sealed class CatchUp(TrainerState state, StepRunner runner, IncomingState incoming, long mostKeptBytes)
{
    private readonly Queue<(long Step, StepResult Result, float[]? Gradients)> _kept = new();
    private readonly Stack<float[]> _free = new();
    private bool _tooSlow;

    public IncomingState Incoming => incoming;

    /// <summary>Takes the place of the update while the state is not here.</summary>
    /// <param name="step">The step that the others commit.</param>
    /// <param name="result">What it brought.</param>
    /// <param name="applied">False for a step that the guard let pass without its update.</param>
    public void Keep(long step, StepResult result, bool applied)
    {
        var gradients = state.Parameters.Gradients;
        if (_tooSlow || (_kept.Count + 1) * (long)gradients.Length * sizeof(float) > mostKeptBytes)
        {
            _tooSlow = true;
            _kept.Clear();
            _free.Clear();
            return;
        }

        float[]? copy = null;
        if (applied)
        {
            copy = _free.TryPop(out var free) ? free : GC.AllocateUninitializedArray<float>(gradients.Length);
            gradients.Span.CopyTo(copy);
        }

        _kept.Enqueue((step, result, copy));
        if (incoming.IsDone)
            ApplyKept();
    }

    /// <summary>Whether the state is here and all kept steps are in it.</summary>
    public bool IsLevel => !_tooSlow && incoming.IsDone && _kept.Count == 0;

    /// <summary>The state is here but too old: it has to come again, and the others have to wait for it.</summary>
    public bool WantsStandstill => _tooSlow && incoming.IsDone;

    private void ApplyKept()
    {
        while (_kept.TryDequeue(out var kept))
        {
            if (kept.Gradients is null)
                continue;
            runner.Apply(kept.Step, kept.Result, kept.Gradients);
            _free.Push(kept.Gradients);
        }
    }
}
