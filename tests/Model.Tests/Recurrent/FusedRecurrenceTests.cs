using DyT.Config;
using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests.Recurrent;

/// <summary>The recurrences against libtorch's own LSTM and GRU.</summary>
public sealed class FusedRecurrenceTests
{
    [Theory]
    [InlineData(ArchKind.Lstm, 1, 1, 5, true)] // no position before
    [InlineData(ArchKind.Lstm, 3, 9, 16, true)]
    [InlineData(ArchKind.Lstm, 2, 6, 37, false)] // whole vectors and a rest
    [InlineData(ArchKind.Lstm, 600, 3, 21, true)] // rows for several threads
    [InlineData(ArchKind.Gru, 1, 1, 5, true)]
    [InlineData(ArchKind.Gru, 3, 9, 16, true)]
    [InlineData(ArchKind.Gru, 2, 6, 37, false)]
    [InlineData(ArchKind.Gru, 600, 3, 21, true)]
    public void Outputs_and_gradients_are_those_of_libtorch(ArchKind arch, int batch, int length, int width, bool bias)
    {
        Assert.SkipUnless(Gemm.IsAvailable, "there is no product by pointer here");
        var model = new ModelConfig { Arch = arch, DModel = width, Bias = bias, Rnn = new RnnConfig { ForgetBias = 0 } };
        var rows = RnnParameters.GateRows(model) * width;
        var hidden = RnnNames.HiddenProjection("l");
        using var parameters = ParameterSet.Allocate(FlatLayout.Of([.. Linear.Table(hidden, rows, width, 0.4, bias && arch == ArchKind.Gru)]), withGradients: true);
        parameters.Initialize(2);
        using var scope = NewDisposeScope();
        manual_seed(3);
        if (parameters.Find($"{hidden}.bias") is { } own)
        {
            using (no_grad())
                own.copy_(randn(rows));
        }

        var (x, g) = (randn(batch, length, width), randn(batch, length, width));
        var (weight, inputBias) = (randn(rows, width).mul_(0.5), randn(rows));
        var projected = nn.functional.linear(x, weight, bias ? inputBias : null!).detach();

        var expected = Libtorch(arch, x, g, weight, bias ? inputBias : null, parameters[$"{hidden}.weight"], parameters.Find($"{hidden}.bias"));
        foreach (var fused in (bool[])[true, false])
        {
            parameters.ZeroGradients();
            var inputs = projected.clone().requires_grad_();
            var y = fused
                ? new FusedRecurrence(model, parameters, hidden).Forward(inputs.view(batch, length, rows))
                : new RecurrentCell(model, parameters, "l", new NetworkProbe()).Sequence(inputs.view(batch, length, rows));
            y.backward([g]);
            Near(expected.Output, y);
            // What the projected inputs are owed, brought back to the inputs, is libtorch's gradient of these.
            Near(expected.Input, inputs.grad!.matmul(weight));
            Near(expected.Hidden, parameters[$"{hidden}.weight"].grad!);
            if (parameters.Find($"{hidden}.bias") is { } hiddenBias)
                Near(expected.HiddenBias, hiddenBias.grad!);
        }
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(-2.5f)]
    public void The_forget_bias_is_added_to_the_forget_gate(float forget)
    {
        const int width = 19;
        var model = new ModelConfig { Arch = ArchKind.Lstm, DModel = width, Rnn = new RnnConfig { ForgetBias = forget } };
        var hidden = RnnNames.HiddenProjection("l");
        using var parameters = ParameterSet.Allocate(FlatLayout.Of([.. Linear.Table(hidden, 4 * width, width, 0.4, false)]), withGradients: false);
        parameters.Initialize(2);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        manual_seed(3);
        var inputs = randn(2, 5, 4 * width);
        var shifted = inputs.clone();
        shifted.narrow(2, width, width).add_(forget);
        var expected = new FusedRecurrence(model with { Rnn = new RnnConfig { ForgetBias = 0 } }, parameters, hidden).Forward(shifted);
        Near(expected, new FusedRecurrence(model, parameters, hidden).Forward(inputs));
        Near(expected, new RecurrentCell(model, parameters, "l", new NetworkProbe()).Sequence(inputs));
    }

    private static (Tensor Output, Tensor Input, Tensor Hidden, Tensor HiddenBias) Libtorch(ArchKind arch, Tensor x, Tensor g, Tensor weight, Tensor? inputBias, Tensor hidden, Tensor? hiddenBias)
    {
        var width = x.shape[2];
        nn.Module module = arch == ArchKind.Lstm ? nn.LSTM(width, width, batchFirst: true) : nn.GRU(width, width, batchFirst: true);
        using var released = module;
        var named = module.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        using (no_grad())
        {
            named["weight_ih_l0"].copy_(weight);
            named["weight_hh_l0"].copy_(hidden);
            _ = inputBias is null ? named["bias_ih_l0"].zero_() : named["bias_ih_l0"].copy_(inputBias);
            _ = hiddenBias is null ? named["bias_hh_l0"].zero_() : named["bias_hh_l0"].copy_(hiddenBias);
        }

        module.to(ScalarType.Float64);
        var input = x.to(ScalarType.Float64).requires_grad_();
        var output = module is TorchSharp.Modules.LSTM lstm ? lstm.call(input).Item1 : ((TorchSharp.Modules.GRU)module).call(input).Item1;
        output.backward([g.to(ScalarType.Float64)]);
        named = module.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        return (output, input.grad!, named["weight_hh_l0"].grad!.clone(), named["bias_hh_l0"].grad!.clone());
    }

    private static void Near(Tensor expected, Tensor actual)
    {
        expected = expected.to(ScalarType.Float64);
        var difference = expected.sub(actual.to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(difference <= 1e-5 * Math.Max(1, expected.abs().max().item<double>()), $"{difference} apart");
    }
}
