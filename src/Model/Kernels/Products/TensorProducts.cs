using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>Products of tensors, without gradients: as layers make them: by our own kernel where <see cref="IsOwnKernel"/> and all are fp32 in main memory with rows or columns side by side, else by libtorch.</summary>
public static unsafe class TensorProducts
{
    /// <summary>Whether products in fp32 are our own kernel's on this processor, and not a library's.</summary>
    public static bool IsOwnKernel => Gemm.IsOwn;

    /// <summary>a [n, k] times b [k, m], in new memory.</summary>
    public static Tensor Of(Tensor a, Tensor b)
    {
        if (!IsOwn(a, b))
            return a.mm(b);
        var product = empty(a.shape[0], b.shape[1]);
        Multiply(product, a, b, beta: 0);
        return product;
    }

    /// <summary>target [n, m] = beta target + a [n, k] b [k, m], in place.</summary>
    /// <param name="target">Of the same type as the factors.</param>
    /// <param name="a">The left factor.</param>
    /// <param name="b">The right factor.</param>
    /// <param name="beta">0: what stood there does not count, whatever it is; or 1.</param>
    public static void AddTo(Tensor target, Tensor a, Tensor b, float beta)
    {
        if (IsOwn(a, b) && IsOwn(target) && target.stride(1) == 1)
            Multiply(target, a, b, beta);
        else
            target.addmm_(a, b, beta: beta, alpha: 1);
    }

    /// <summary>x [..., in] W^T + bias, with W [out, in].</summary>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias)
    {
        if (is_grad_enabled() && (x.requires_grad || weight.requires_grad))
            throw new InvalidOperationException("a product that keeps nothing for gradients, while they are wanted");
        using var scope = NewDisposeScope();
        var (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        var rows = x.reshape(-1, inputs);
        if (!IsOwn(rows, weight))
            return nn.functional.linear(x, weight, bias!).MoveToOuterDisposeScope();
        var y = Of(rows, weight.t());
        if (bias is not null)
            y.add_(bias);
        return y.view([.. x.shape[..^1], outputs]).MoveToOuterDisposeScope();
    }

    private static bool IsOwn(Tensor a, Tensor b) => Gemm.IsOwn && IsOwn(a) && IsOwn(b);

    private static bool IsOwn(Tensor matrix) =>
        matrix.dtype == ScalarType.Float32 && matrix.device_type == DeviceType.CPU && (matrix.stride(-1) == 1 || matrix.stride(0) == 1);

    private static void Multiply(Tensor target, Tensor a, Tensor b, float beta)
    {
        Gemm.MultiplyOnThreads(
            checked((int)target.shape[0]),
            checked((int)target.shape[1]),
            checked((int)a.shape[1]),
            Factor(a),
            Factor(b),
            beta,
            (float*)TensorMemory.Of(target),
            checked((int)target.stride(0)));
    }

    private static Operand Factor(Tensor matrix)
    {
        var start = (float*)TensorMemory.Of(matrix);
        return matrix.stride(1) == 1
            ? new Operand(start, checked((int)matrix.stride(0)))
            : new Operand(start, checked((int)matrix.stride(1)), transposed: true);
    }
}
