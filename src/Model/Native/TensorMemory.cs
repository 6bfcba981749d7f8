using System.Runtime.InteropServices;
using TorchSharp;

namespace DyT.Model.Native;

/// <summary>Where a tensor's values lie.</summary>
internal static unsafe partial class TensorMemory
{
    /// <summary>The first value of a CPU tensor; respects its storage offset. Valid while the tensor's memory lives.</summary>
    public static byte* Of(torch.Tensor tensor) => THSTensor_data(tensor.Handle);

    [LibraryImport("LibTorchSharp")]
    private static partial byte* THSTensor_data(IntPtr handle);
}
