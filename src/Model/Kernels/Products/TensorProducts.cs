using DyT.Config;
using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Products of tensors, as layers make them, that keep nothing for gradients: by our own kernel where <see cref="IsOwnKernel"/>, all are fp32 in main memory with rows or columns side by side, and the result has
/// rows and columns enough; else by libtorch.
/// </summary>
public static unsafe class TensorProducts
{
    /// <summary>Whether products in fp32 are our own kernel's on this processor, and not a library's.</summary>
    public static bool IsOwnKernel => Gemm.IsOwn;

    /// <summary>Of the factors of such products.</summary>
    public static ScalarType TypeOf(ProductKind products) => products == ProductKind.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>a [n, k] times b [k, m], in new memory.</summary>
    /// <exception cref="InvalidOperationException">Gradients are wanted of a factor.</exception>
    public static Tensor Of(Tensor a, Tensor b)
    {
        CheckKeepsNothing(a, b);
        if (!IsOwn(a, b))
            return a.mm(b);
        var product = empty(a.shape[0], b.shape[1]);
        Multiply(product, a, b, adds: false);
        return product;
    }

    /// <summary>target [n, m] = beta target + a [n, k] b [k, m], in place.</summary>
    /// <param name="target">Of the same type as the factors.</param>
    /// <param name="a">The left factor.</param>
    /// <param name="b">The right factor.</param>
    /// <param name="beta">0: what stood there does not count, whatever it is; or 1.</param>
    /// <exception cref="InvalidOperationException">Gradients are wanted of a factor.</exception>
    public static void AddTo(Tensor target, Tensor a, Tensor b, float beta)
    {
        CheckKeepsNothing(a, b);
        if (IsOwn(a, b) && IsInReach(target) && target.stride(1) == 1)
            Multiply(target, a, b, adds: beta != 0);
        else
            target.addmm_(a, b, beta: beta, alpha: 1);
    }

    /// <summary>x [..., in] W^T + bias, with W [out, in].</summary>
    /// <exception cref="InvalidOperationException">Gradients are wanted of x or W.</exception>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias)
    {
        CheckKeepsNothing(x, weight);
        var (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        if (!Gemm.IsOwnFor(inputs == 0 ? 0 : x.numel() / inputs, outputs))
            return nn.functional.linear(x, weight, bias!);
        using var scope = NewDisposeScope();
        var y = Of(x.reshape(-1, inputs), weight.t());
        if (bias is not null)
            y.add_(bias);
        return y.view([.. x.shape[..^1], outputs]).MoveToOuterDisposeScope();
    }

    private static void CheckKeepsNothing(Tensor a, Tensor b)
    {
        if (is_grad_enabled() && (a.requires_grad || b.requires_grad))
            throw new InvalidOperationException("a product that keeps nothing for gradients, while they are wanted");
    }

    private static bool IsOwn(Tensor a, Tensor b) => Gemm.IsOwnFor(a.shape[0], b.shape[1]) && IsInReach(a) && IsInReach(b);

    private static bool IsInReach(Tensor matrix) =>
        matrix.dtype == ScalarType.Float32 && matrix.device_type == DeviceType.CPU && (matrix.stride(-1) == 1 || matrix.stride(0) == 1);

    private static void Multiply(Tensor target, Tensor a, Tensor b, bool adds)
    {
        var (rows, columns, inner) = (a.shape[0], b.shape[1], a.shape[1]);
        if (b.shape[0] != inner || target.shape[0] != rows || target.shape[1] != columns)
            throw new ArgumentException($"[{rows}, {inner}] times [{b.shape[0]}, {columns}] is no [{target.shape[0]}, {target.shape[1]}]");
        Gemm.MultiplyOnThreads(
            checked((int)rows), checked((int)columns), checked((int)inner), Factor(a), Factor(b), adds, (float*)TensorMemory.Of(target), checked((int)target.stride(0)));
        GC.KeepAlive(a); // else a temporary might be collected while its memory is read
        GC.KeepAlive(b);
        GC.KeepAlive(target);
    }

    private static Operand Factor(Tensor matrix)
    {
        var start = (float*)TensorMemory.Of(matrix);
        return matrix.stride(1) == 1
            ? new Operand(start, checked((int)matrix.stride(0)))
            : new Operand(start, checked((int)matrix.stride(1)), transposed: true);
    }
}
