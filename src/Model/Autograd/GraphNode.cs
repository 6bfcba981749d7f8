using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace DyT.Model;

/// <summary>
/// The managed half of one node in libtorch's graph; when that is gone, of another. libtorch calls back without saying which node it means, so each needs
/// function pointers of its own. Those are costly to make and must outlive the native node: a fixed set is made once and used in turns, as large as the
/// most nodes that were ever alive together.
/// </summary>
internal sealed unsafe class GraphNode
{
    // Static roots of the delegates, those in use included.
    private static readonly List<GraphNode> All = [];
    private static readonly Stack<GraphNode> Free = [];
    private static readonly Lock Gate = new();

    // Where Allocate sends the handle of the output that is just being wrapped: on the stack of this thread.
    [ThreadStatic]
    private static IntPtr* _wrapped;

    private readonly ApplyFunction _apply;
    private readonly DeletedFunction _deleted;
    private readonly IntPtr _applyPointer;
    private readonly IntPtr _deletedPointer;
    private NodeHandle _handle;
    private IBackward? _backward;
    private BackwardFailure? _failure;
    private IntPtr[] _saved = [];
    private bool[] _needed = [];

    private GraphNode()
    {
        _apply = Apply;
        _deleted = Deleted;
        _applyPointer = Marshal.GetFunctionPointerForDelegate(_apply);
        _deletedPointer = Marshal.GetFunctionPointerForDelegate(_deleted);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate NativeArray ApplyFunction(IntPtr* gradients, int count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DeletedFunction();

    /// <summary>Nodes whose graph is alive.</summary>
    public static int Alive
    {
        get
        {
            lock (Gate)
                return All.Count - Free.Count;
        }
    }

    public static void Attach(torch.Tensor output, ReadOnlySpan<torch.Tensor> inputs, ReadOnlySpan<torch.Tensor> saved, IBackward backward)
    {
        var node = Rent();
        node._handle = AutogradNative.THSAutograd_CSharpNode_ctor(node._applyPointer, node._deletedPointer);
        torch.CheckForErrors();
        try
        {
            node.Fill(output, inputs, saved, backward);
        }
        finally
        {
            // From here on the graph owns the native node; if the output got no history, this deletes it.
            AutogradNative.THSAutograd_CSharpNode_disposeSharedPtr(node._handle);
        }
    }

    private static GraphNode Rent()
    {
        lock (Gate)
        {
            if (Free.TryPop(out var free))
                return free;
            var node = new GraphNode();
            All.Add(node);
            return node;
        }
    }

    private void Fill(torch.Tensor output, ReadOnlySpan<torch.Tensor> inputs, ReadOnlySpan<torch.Tensor> saved, IBackward backward)
    {
        _backward = backward;
        _failure = BackwardFailure.OfThisThread;
        _needed = new bool[inputs.Length];
        var handles = stackalloc IntPtr[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            handles[i] = inputs[i].Handle;
            _needed[i] = inputs[i].requires_grad;
        }

        var variables = new NativeArray(handles, inputs.Length);
        AutogradNative.THSAutograd_CSharpNode_setNextEdges(_handle, variables, 1);
        torch.CheckForErrors();
        AutogradNative.THSAutograd_CSharpNode_clearInputMetadata(_handle);
        torch.CheckForErrors();

        _saved = new IntPtr[saved.Length];
        for (var i = 0; i < saved.Length; i++)
            _saved[i] = Save(saved[i]);

        var wanted = output.Handle;
        var wrapped = IntPtr.Zero;
        _wrapped = &wrapped;
        AutogradNative.THSAutograd_Function_wrapOutputs(variables, default, default, new NativeArray(&wanted, 1), _handle, &Allocate);
        torch.CheckForErrors();

        // A second handle of the output itself, whose history is set.
        AutogradNative.THSTensor_dispose(wrapped);
    }

    // Detached, so that what is saved holds memory but no graph; the counter of in-place changes is shared with the original.
    private IntPtr Save(torch.Tensor tensor)
    {
        var detached = AutogradNative.THSTensor_detach(tensor.Handle);
        torch.CheckForErrors();
        var saved = AutogradNative.THSAutograd_SavedVariable_ctor(detached, _handle, 0);
        AutogradNative.THSTensor_dispose(detached);
        return saved;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static IntPtr* Allocate(nuint count) => count == 1 ? _wrapped : null;

    // Called by libtorch. An exception that left this method would end the process: it is kept for Autograd.Backward, and an answer of the wrong length makes
    // libtorch end the backward pass.
    private NativeArray Apply(IntPtr* gradients, int count)
    {
        try
        {
            using var scope = torch.NewDisposeScope();
            var gradOutput = count == 1 && gradients[0] != IntPtr.Zero ? torch.Tensor.UnsafeCreateTensor(gradients[0]) : null;
            var result = new torch.Tensor?[_needed.Length];
            if (gradOutput is not null)
                Run(gradOutput, result);
            return ReturnedGradients.OfThisThread.Hand(result);
        }
        catch (Exception e)
        {
            _failure?.Set(e);
            return default;
        }
    }

    private void Run(torch.Tensor gradOutput, torch.Tensor?[] result)
    {
        var backward = _backward ?? throw new InvalidOperationException("backward ran already: what it needs was released");
        var saved = new torch.Tensor[_saved.Length];
        for (var i = 0; i < saved.Length; i++)
        {
            var handle = AutogradNative.THSAutograd_SavedVariable_unpack(_saved[i], _handle);
            torch.CheckForErrors();
            saved[i] = torch.Tensor.UnsafeCreateTensor(handle);
        }

        ReleaseSaved();
        backward.Run(gradOutput, saved, _needed, result);
    }

    // Called by libtorch while it deletes the node, perhaps without backward, perhaps on the finalizer's thread.
    private void Deleted()
    {
        ReleaseSaved();
        ReturnedGradients.OfThisThread.Release();
        AutogradNative.THSAutograd_CSharpNode_disposeWeakPtr(_handle);
        _handle = default;
        _failure = null;
        lock (Gate)
            Free.Push(this);
    }

    private void ReleaseSaved()
    {
        _backward = null;
        var saved = _saved;
        _saved = [];
        foreach (var variable in saved)
        {
            if (variable != IntPtr.Zero)
                AutogradNative.THSAutograd_SavedVariable_dispose(variable);
        }
    }
}
