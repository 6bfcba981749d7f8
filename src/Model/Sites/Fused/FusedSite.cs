using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Model;

/// <summary>What the fused sites share: when they apply, and how tensors become a kernel's arguments.</summary>
internal static unsafe class FusedSite
{
    // More than a core's own cache. With smaller outputs a step of a model was no faster, or slower: the next product finds them in a cache.
    private const int StreamedBytes = 4 << 20;

    /// <summary>Whether the kernels can work on x [..., C] with these parameters: fp32 or bf16, in main memory, one row after the other.</summary>
    public static bool Applies(torch.Tensor x, torch.Tensor gamma) =>
        x.dtype is torch.ScalarType.Float32 or torch.ScalarType.BFloat16
        && x.device_type == DeviceType.CPU
        && gamma.dtype is torch.ScalarType.Float32 or torch.ScalarType.BFloat16
        && gamma.device_type == DeviceType.CPU
        && x.is_contiguous()
        && x.numel() is > 0 and var values
        && values / gamma.numel() <= int.MaxValue;

    /// <summary>Runs the kernel of the type and size for every chunk of rows on libtorch's threads.</summary>
    /// <param name="dtype">Of x.</param>
    /// <param name="arguments">The kernel's.</param>
    /// <param name="fp32">For fp32.</param>
    /// <param name="streamed">For fp32 with an output that no cache would hold.</param>
    /// <param name="bf16">For bf16.</param>
    public static void Run(
        torch.ScalarType dtype, ref SiteArguments arguments, delegate*<void*, int, void> fp32, delegate*<void*, int, void> streamed, delegate*<void*, int, void> bf16)
    {
        fixed (SiteArguments* a = &arguments)
        {
            var kernel = dtype != torch.ScalarType.Float32 ? bf16 : Streams(*a) ? streamed : fp32;
            TorchThreads.For(a->Chunks.Count, a->Chunks.PerThread(a->Width), kernel, a);
        }
    }

    private static bool Streams(in SiteArguments a) =>
        (long)a.Chunks.Rows * a.Width * sizeof(float) >= StreamedBytes && a.Remainder == 0 && (nuint)a.Out % Scratch.Alignment == 0;

    /// <summary>
    /// Arguments for x and an output like it. The padded vectors lie in this thread's scratch memory, for backward the partial sums too: they are valid until
    /// the next call.
    /// </summary>
    public static SiteArguments Arguments(torch.Tensor x, torch.Tensor output, torch.Tensor gamma, torch.Tensor? beta, bool withSums)
    {
        var width = checked((int)gamma.numel());
        var chunks = RowChunks.Of((int)(x.numel() / width));
        var padded = SiteArguments.Padded(width);
        var vectors = withSums ? 2 + 2 * chunks.Count : 2;
        var scalars = 2 * chunks.Count * (sizeof(double) / sizeof(float));
        var scratch = Scratch.Floats((nuint)vectors * (nuint)padded + (nuint)scalars);
        Fill(scratch, padded, gamma);
        Fill(scratch + padded, padded, beta);
        return new SiteArguments
        {
            Chunks = chunks,
            Width = width,
            X = TensorMemory.Of(x),
            Out = TensorMemory.Of(output),
            Gamma = scratch,
            Beta = scratch + padded,
            ChannelSums = scratch + 2 * padded,
            ScalarSums = (double*)(scratch + (nint)vectors * padded),
        };
    }

    /// <summary>The value of a tensor of one element.</summary>
    public static float Scalar(torch.Tensor scalar)
    {
        using var single = scalar.dtype == torch.ScalarType.Float32 ? null : scalar.to(torch.ScalarType.Float32);
        return *(float*)TensorMemory.Of(single ?? scalar);
    }

    /// <summary>A tensor [1] of <paramref name="value"/>.</summary>
    public static torch.Tensor Scalar(float value)
    {
        var result = torch.empty(1);
        *(float*)TensorMemory.Of(result) = value;
        return result;
    }

    /// <summary>The gradient of gamma (vector 0) or beta (vector 1), [C] in fp32: the sum over chunks.</summary>
    public static torch.Tensor ChannelGradient(in SiteArguments a, int vector)
    {
        var result = torch.empty(a.Width);
        ChannelSums.Fold(a.ChannelSums + (nint)vector * a.PaddedWidth, a.Chunks.Count, 2 * a.PaddedWidth, (float*)TensorMemory.Of(result), a.Width);
        return result;
    }

    private static void Fill(float* to, int padded, torch.Tensor? values)
    {
        var target = new Span<float>(to, padded);
        if (values is null)
        {
            target.Clear();
            return;
        }

        using var single = values.dtype == torch.ScalarType.Float32 && values.is_contiguous() ? null : values.to(torch.ScalarType.Float32).contiguous();
        var width = (int)values.numel();
        new ReadOnlySpan<float>(TensorMemory.Of(single ?? values), width).CopyTo(target);
        target[width..].Clear();
    }
}
