using System.Buffers;
using System.Runtime.InteropServices;
using TorchSharp;

namespace DyT.Model.Native;

/// <summary>Memory that libtorch did not allocate as a tensor, without a copy.</summary>
internal static unsafe partial class ForeignTensor
{
    private const int Float32 = 6; // c10::ScalarType::Float
    private const int Cpu = 0;

    /// <summary>[memory.Length], fp32. The memory must not go away before the tensor and all its views.</summary>
    /// <param name="memory">Whose floats they are.</param>
    /// <param name="handle">Keeps them where they are; the caller's to dispose after the tensor.</param>
    public static torch.Tensor Of(Memory<float> memory, out MemoryHandle handle)
    {
        handle = memory.Pin();
        long size = memory.Length;
        long stride = 1;
        var error = aoti_torch_create_tensor_from_blob(handle.Pointer, 1, &size, &stride, 0, Float32, Cpu, 0, out var tensor);
        if (error == 0)
            return torch.Tensor.UnsafeCreateTensor(tensor);
        handle.Dispose();
        throw new InvalidOperationException("libtorch did not take memory as a tensor");
    }

    [LibraryImport("torch_cpu")]
    private static partial int aoti_torch_create_tensor_from_blob(void* data, long dimensions, long* sizes, long* strides, long offset, int dtype, int deviceType, int deviceIndex, out nint tensor);
}
