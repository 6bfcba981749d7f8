using System.Runtime.ExceptionServices;

namespace DyT.Training.Checkpoints;

/// <summary>
/// Writes checkpoints beside training. The caller's thread only copies the buffers into staging arrays that are kept from one checkpoint to the next; one
/// dedicated thread writes. At most one write is under way: a second submission waits for the first.
/// </summary>
public sealed class BackgroundCheckpointer(CheckpointStore store, Action<long, string> onWritten) : IDisposable
{
    private readonly Dictionary<string, float[]> _staging = [];
    private Thread? _writer;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Copies and returns; waits for the write before. Its failure must have been asked for by <see cref="Flush"/>.</summary>
    /// <param name="weights">Copied.</param>
    /// <param name="optimizer">Copied, unless <paramref name="optimizerIsACopy"/>.</param>
    /// <param name="state">What else belongs to the checkpoint.</param>
    /// <param name="keepLast">Older ones are removed.</param>
    /// <param name="bestStep">Kept beside them.</param>
    /// <param name="optimizerIsACopy">Nobody changes it any more: it is written as it is, and let go.</param>
    public void Submit(IReadOnlyList<NamedTensor> weights, IReadOnlyList<NamedTensor> optimizer, TrainingState state, int keepLast, long? bestStep, bool optimizerIsACopy = false)
    {
        Flush();
        var weightsCopy = Stage("w:", weights);
        var optimizerCopy = optimizerIsACopy ? [.. optimizer] : Stage("o:", optimizer);
        _writer = new Thread(() => Write(weightsCopy, optimizerCopy, state, keepLast, bestStep)) { IsBackground = true, Name = "checkpoint writer" };
        _writer.Start();
    }

    /// <summary>Waits until nothing is being written; throws what went wrong.</summary>
    public void Flush()
    {
        _writer?.Join();
        _writer = null;
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    /// <summary>Waits for the write under way; its failure was the caller's to ask for by <see cref="Flush"/>.</summary>
    public void Dispose() => _writer?.Join();

    private void Write(List<NamedTensor> weights, List<NamedTensor> optimizer, TrainingState state, int keepLast, long? bestStep)
    {
        try
        {
            var path = store.Save(weights, optimizer, state);
            store.Prune(keepLast, bestStep);
            onWritten(state.Step, path);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e); // rethrown on the training thread
        }
    }

    private List<NamedTensor> Stage(string prefix, IReadOnlyList<NamedTensor> tensors)
    {
        var copies = new List<NamedTensor>(tensors.Count);
        foreach (var tensor in tensors)
        {
            var key = prefix + tensor.Name;
            if (!_staging.TryGetValue(key, out var copy))
                _staging[key] = copy = new float[tensor.Values.Length];
            tensor.Values.CopyTo(copy);
            copies.Add(tensor with { Values = copy });
        }

        return copies;
    }
}
