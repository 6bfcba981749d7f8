using System.Runtime.CompilerServices;
using TorchSharp;

namespace DyT.Model;

/// <summary>
/// The gradients that this thread handed to libtorch last. libtorch copies the references after the call has returned, so ours can be released only later:
/// when the next node answers, when a node is deleted, or when backward is over.
/// </summary>
internal sealed unsafe class ReturnedGradients
{
    [ThreadStatic]
    private static ReturnedGradients? _ofThisThread;

    private torch.Tensor?[] _tensors = [];

    // Pinned: libtorch reads it. Zero stands for no gradient.
    private IntPtr[] _handles = GC.AllocateArray<IntPtr>(8, pinned: true);

    public static ReturnedGradients OfThisThread => _ofThisThread ??= new ReturnedGradients();

    /// <summary>Takes the tensors over; the answer is valid until the next call on this thread.</summary>
    public NativeArray Hand(torch.Tensor?[] gradients)
    {
        Release();
        if (_handles.Length < gradients.Length)
            _handles = GC.AllocateArray<IntPtr>(gradients.Length, pinned: true);
        for (var i = 0; i < gradients.Length; i++)
            _handles[i] = gradients[i] is { } gradient ? gradient.DetachFromDisposeScope().Handle : IntPtr.Zero;
        _tensors = gradients;
        return new NativeArray((IntPtr*)Unsafe.AsPointer(ref _handles[0]), gradients.Length);
    }

    public void Release()
    {
        // Emptied first: releasing a tensor may delete nodes, which come back here.
        var tensors = _tensors;
        _tensors = [];
        foreach (var tensor in tensors)
            tensor?.Dispose();
    }
}
