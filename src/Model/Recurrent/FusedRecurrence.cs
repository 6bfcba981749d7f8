using DyT.Config;
using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// The recurrence over a whole sequence as one operation of the graph: at each position one product with the last output and one pass over the gates. The gates are kept for backward, which
/// goes the same way back; the weight's gradient is one product over all positions.
/// </summary>
internal sealed unsafe class FusedRecurrence : IBackward
{
    // About as many gates as it takes to repay waking a thread.
    private const int GatesPerThread = 8192;

    private readonly bool _isLstm;
    private readonly int _width;
    private readonly float _forgetBias;
    private readonly Tensor _weight; // [G C, C]
    private readonly Tensor? _bias; // [3 C], a gru's
    private readonly GradientSlot _slot;

    /// <param name="model">The architecture.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="hidden">Name of the projection of the last output.</param>
    public FusedRecurrence(ModelConfig model, ParameterSet parameters, string hidden)
    {
        (_isLstm, _width, _forgetBias) = (model.Arch == ArchKind.Lstm, model.DModel, (float)model.Rnn.ForgetBias);
        _weight = parameters[$"{hidden}.weight"];
        _bias = parameters.Find($"{hidden}.bias");
        _slot = parameters.Slot($"{hidden}.weight");
    }

    private int Rows => (_isLstm ? 4 : 3) * _width;

    /// <summary>Whether it can work on such tensors.</summary>
    public static bool Applies(Tensor x) => x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU && x.numel() > 0 && Gemm.IsAvailable;

    /// <summary>Projected inputs [B, T, G C] to outputs [B, T, C], from a state of zeros.</summary>
    public Tensor Forward(Tensor projected)
    {
        var (batch, length) = (checked((int)projected.shape[0]), checked((int)projected.shape[1]));
        projected = projected.contiguous();
        Tensor gates, cells;
        var output = empty(batch, length, _width);
        using (no_grad())
        {
            gates = _isLstm ? projected.clone() : empty(batch, length, 4 * _width);
            cells = empty(_isLstm ? [batch, length, _width] : [0]);
            using var sums = empty(batch, Rows);
            var arguments = Arguments(batch, length, gates, cells, output);
            arguments.Inputs = (float*)TensorMemory.Of(projected);
            arguments.Sums = (float*)TensorMemory.Of(sums);
            Forward(ref arguments);
        }

        ReadOnlySpan<Tensor> inputs = _bias is null ? [projected, _weight] : [projected, _weight, _bias];
        return Autograd.Record(output, inputs, [gates, cells, output], this);
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var (gates, cells, output) = (saved[0], saved[1], saved[2]);
        var (batch, length) = (checked((int)output.shape[0]), checked((int)output.shape[1]));
        var grad = gradOutput.contiguous();
        var gradInputs = empty(batch, length, Rows);
        // What enters a gru's candidate from the last output passes the reset gate first, so that its gradient is not the input's.
        var gradSums = _isLstm ? gradInputs : empty(batch, length, Rows);
        var gradHidden = zeros(batch, _width);
        var gradCell = zeros(batch, _width);
        var arguments = Arguments(batch, length, gates, cells, output);
        arguments.GradOut = (float*)TensorMemory.Of(grad);
        arguments.GradInputs = (float*)TensorMemory.Of(gradInputs);
        arguments.GradSums = (float*)TensorMemory.Of(gradSums);
        arguments.GradHidden = (float*)TensorMemory.Of(gradHidden);
        arguments.GradCell = (float*)TensorMemory.Of(gradCell);
        Backward(ref arguments);

        gradients[0] = gradInputs;
        var before = zeros(batch, length, _width); // the output that each position began from
        before.narrow(1, 1, length - 1).copy_(output.narrow(1, 0, length - 1));
        var rows = gradSums.view(-1, Rows);
        TensorProducts.AddTo(_weight.grad!, rows.t(), before.view(-1, _width), _slot.TakeBeta());
        if (needed.Length > 2)
            gradients[2] = rows.sum(dim: 0);
    }

    private void Forward(ref RecurrentArguments a)
    {
        var weight = new Operand((float*)TensorMemory.Of(_weight), _width, transposed: true);
        for (a.Step = 0; a.Step < a.Length; a.Step++)
        {
            var last = new Operand(a.Output + (nint)(a.Step - 1) * _width, a.Length * _width);
            if (_isLstm)
            {
                if (a.Step > 0)
                    Gemm.MultiplyOnThreads(a.Batch, Rows, _width, last, weight, adds: true, a.Gates + (nint)a.Step * Rows, a.Length * Rows);
                Run(ref a, &LstmKernel.Forward);
                continue;
            }

            SetSums(a);
            if (a.Step > 0)
                Gemm.MultiplyOnThreads(a.Batch, Rows, _width, last, weight, adds: true, a.Sums, Rows);
            Run(ref a, &GruKernel.Forward);
        }
    }

    private void Backward(ref RecurrentArguments a)
    {
        var weight = new Operand((float*)TensorMemory.Of(_weight), _width);
        for (a.Step = a.Length - 1; a.Step >= 0; a.Step--)
        {
            Run(ref a, _isLstm ? &LstmKernel.Backward : &GruKernel.Backward);
            if (a.Step > 0)
                Gemm.MultiplyOnThreads(a.Batch, _width, Rows, new Operand(a.GradSums + (nint)a.Step * Rows, a.Length * Rows), weight, adds: true, a.GradHidden, _width);
        }
    }

    private void SetSums(in RecurrentArguments a)
    {
        for (var row = 0; row < a.Batch; row++)
        {
            var sums = new Span<float>(a.Sums + (nint)row * Rows, Rows);
            if (_bias is null)
                sums.Clear();
            else
                new ReadOnlySpan<float>(TensorMemory.Of(_bias), Rows).CopyTo(sums);
        }
    }

    private RecurrentArguments Arguments(int batch, int length, Tensor gates, Tensor cells, Tensor output) => new()
    {
        Batch = batch,
        Length = length,
        Width = _width,
        ForgetBias = _forgetBias,
        Gates = (float*)TensorMemory.Of(gates),
        Cells = (float*)TensorMemory.Of(cells),
        Output = (float*)TensorMemory.Of(output),
    };

    private void Run(ref RecurrentArguments arguments, delegate*<void*, int, void> kernel)
    {
        fixed (RecurrentArguments* a = &arguments)
            TorchThreads.For(a->Batch, Math.Max(1, GatesPerThread / Rows), kernel, a);
    }
}
