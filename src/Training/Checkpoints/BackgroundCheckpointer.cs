using System.Diagnostics;
using System.Runtime.ExceptionServices;
using DyT.Runs.Tracing;

namespace DyT.Training.Checkpoints;

/// <summary>
/// Writes checkpoints beside training: one dedicated thread copies the buffers into staging arrays, which are kept from one checkpoint to the next, and then
/// writes these. Training goes on at once with what only reads the buffers, a whole forward and backward pass, and waits for the copy before it changes them
/// (as CheckFreq does: Mohan, Phanishayee and Chidambaram, FAST 2021). At most one write is under way: a second submission waits for the first.
/// </summary>
/// <remarks>
/// From <see cref="Submit"/> until <see cref="AwaitCopied"/> returns, the buffers are read by the writer and may be changed by nobody; that is what makes the
/// copy one state and not a mixture of two.
/// </remarks>
public sealed class BackgroundCheckpointer(CheckpointStore store, Action<long, string> onWritten, TraceRecorder? trace = null) : IDisposable
{
    private readonly Dictionary<string, float[]> _staging = []; // the writer's thread alone uses it
    private readonly ManualResetEventSlim _copied = new(initialState: true);
    private Thread? _writer;
    private volatile ExceptionDispatchInfo? _failure;

    /// <summary>Whether a write has gone wrong that <see cref="Flush"/> was not asked about yet.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Returns at once, unless the write before is still going on. Its failure must have been asked for by <see cref="Flush"/>.</summary>
    /// <param name="weights">Copied.</param>
    /// <param name="optimizer">Copied, unless <paramref name="optimizerIsACopy"/>.</param>
    /// <param name="state">What else belongs to the checkpoint.</param>
    /// <param name="keepLast">Older ones are removed.</param>
    /// <param name="bestStep">Kept beside them.</param>
    /// <param name="optimizerIsACopy">Nobody changes it any more: it is written as it is, and let go.</param>
    public void Submit(IReadOnlyList<NamedTensor> weights, IReadOnlyList<NamedTensor> optimizer, TrainingState state, int keepLast, long? bestStep, bool optimizerIsACopy = false)
    {
        Flush();
        _copied.Reset();
        _writer = new Thread(() => Write(weights, optimizer, state, keepLast, bestStep, optimizerIsACopy)) { IsBackground = true, Name = "checkpoint writer" };
        _writer.Start();
    }

    /// <summary>Returns when the buffers of the last submission are copied and may change. What went wrong with that is <see cref="Flush"/>'s to tell.</summary>
    public void AwaitCopied() => _copied.Wait();

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
    public void Dispose()
    {
        _writer?.Join();
        _copied.Dispose();
    }

    private void Write(IReadOnlyList<NamedTensor> weights, IReadOnlyList<NamedTensor> optimizer, TrainingState state, int keepLast, long? bestStep, bool optimizerIsACopy)
    {
        try
        {
            var begin = Stopwatch.GetTimestamp();
            var weightsCopy = Stage("w:", weights);
            var optimizerCopy = optimizerIsACopy ? optimizer : Stage("o:", optimizer);
            _copied.Set();
            LowPriority.Take(); // from here on nobody waits for this thread, and those who compute need the cores
            trace?.SpanSince(TraceTrack.Checkpoints, "snapshot", begin, state.Step);
            begin = Stopwatch.GetTimestamp();
            var path = store.Save(weightsCopy, optimizerCopy, state);
            store.Prune(keepLast, bestStep);
            trace?.SpanSince(TraceTrack.Checkpoints, "write", begin, state.Step);
            onWritten(state.Step, path);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e); // rethrown on the training thread
        }
        finally
        {
            _copied.Set(); // also when there was no memory for the copy
        }
    }

    private List<NamedTensor> Stage(string prefix, IReadOnlyList<NamedTensor> tensors)
    {
        var copies = new List<NamedTensor>(tensors.Count);
        foreach (var tensor in tensors)
        {
            var key = prefix + tensor.Name;
            if (!_staging.TryGetValue(key, out var copy))
                _staging[key] = copy = GC.AllocateUninitializedArray<float>(tensor.Values.Length);
            tensor.Values.CopyTo(copy);
            copies.Add(tensor with { Values = copy });
        }

        return copies;
    }
}
