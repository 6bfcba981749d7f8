using System.Runtime.InteropServices;

namespace DyT.Model;

/// <summary>A node of libtorch's graph: owned by <paramref name="Shared"/> until that is disposed of, afterwards by the graph alone.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NodeHandle(IntPtr Shared, IntPtr Weak);

/// <summary>Tensor handles and their number, as TorchSharp's library passes them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct NativeArray(IntPtr* items, long count)
{
    public readonly IntPtr* Items = items;
    public readonly long Count = count;
}

/// <summary>What TorchSharp's own library exports for nodes with a managed backward. Errors are told by <c>torch.CheckForErrors</c>.</summary>
internal static unsafe partial class AutogradNative
{
    private const string Library = "LibTorchSharp";

    /// <summary>A node that calls <paramref name="apply"/>(gradients of the outputs, owned by the callee; their number), and <paramref name="deleted"/> at its end.</summary>
    [LibraryImport(Library)]
    public static partial NodeHandle THSAutograd_CSharpNode_ctor(IntPtr apply, IntPtr deleted);

    [LibraryImport(Library)]
    public static partial void THSAutograd_CSharpNode_disposeSharedPtr(NodeHandle node);

    [LibraryImport(Library)]
    public static partial void THSAutograd_CSharpNode_disposeWeakPtr(NodeHandle node);

    [LibraryImport(Library)]
    public static partial void THSAutograd_CSharpNode_setNextEdges(NodeHandle node, NativeArray inputs, byte isExecutable);

    [LibraryImport(Library)]
    public static partial void THSAutograd_CSharpNode_clearInputMetadata(NodeHandle node);

    /// <summary>Gives the outputs their history. <paramref name="allocate"/>(count) answers where the wrapped outputs' handles go.</summary>
    [LibraryImport(Library)]
    public static partial void THSAutograd_Function_wrapOutputs(
        NativeArray inputs, NativeArray nonDifferentiable, NativeArray dirty, NativeArray outputs, NodeHandle node, delegate* unmanaged[Cdecl]<nuint, IntPtr*> allocate);

    [LibraryImport(Library)]
    public static partial IntPtr THSAutograd_SavedVariable_ctor(IntPtr variable, NodeHandle node, byte isInplaceOnView);

    /// <summary>The saved tensor, or an error if it was changed in place meanwhile.</summary>
    [LibraryImport(Library)]
    public static partial IntPtr THSAutograd_SavedVariable_unpack(IntPtr saved, NodeHandle node);

    [LibraryImport(Library)]
    public static partial void THSAutograd_SavedVariable_dispose(IntPtr saved);

    [LibraryImport(Library)]
    public static partial IntPtr THSTensor_detach(IntPtr tensor);

    [LibraryImport(Library)]
    public static partial void THSTensor_dispose(IntPtr tensor);
}
