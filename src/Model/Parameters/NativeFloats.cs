using System.Buffers;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Model;

/// <summary>
/// A contiguous CPU tensor's own memory as managed memory, without a copy. Valid while the tensor lives: native memory does not move, so pinning is free,
/// and the tensor is held here so that it is not collected first.
/// </summary>
internal sealed unsafe class NativeFloats : MemoryManager<float>
{
    private readonly torch.Tensor _tensor;
    private readonly float* _data;
    private readonly int _length;

    public NativeFloats(torch.Tensor tensor)
    {
        if (tensor.dtype != torch.ScalarType.Float32 || tensor.device_type != DeviceType.CPU || !tensor.is_contiguous())
            throw new ArgumentException("a contiguous fp32 tensor in main memory is needed", nameof(tensor));
        _tensor = tensor;
        _data = (float*)TensorMemory.Of(tensor);
        _length = checked((int)tensor.numel());
    }

    public override Span<float> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_tensor.IsInvalid, _tensor);
        return new Span<float>(_data, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new(_data + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
