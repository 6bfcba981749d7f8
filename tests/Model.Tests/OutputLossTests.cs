using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

public sealed class OutputLossTests
{
    private const int Rows = 50;
    private const int Width = 8;

    private static (Tensor Hidden, Tensor Weight, Tensor Targets) Case(int vocab, float grow = 3)
    {
        manual_seed(4);
        var hidden = randn(5, Rows / 5, Width).mul_(grow).requires_grad_();
        var weight = randn(vocab, Width).requires_grad_();
        weight.grad = zeros_like(weight);
        return (hidden, weight, randint(0, vocab, [5, Rows / 5], dtype: ScalarType.Int64));
    }

    [Theory]
    [InlineData(23, OutputLoss.MostLogits)] // one piece, less than two vectors
    [InlineData(23, 23 * 16)] // pieces of 16 rows, the last of 2
    [InlineData(5000, 5000 * 32)] // more than one block of sums
    [InlineData(64, 64 * 16)]
    public void Loss_and_gradients_are_those_of_libtorch_in_double(int vocab, int mostLogits)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(vocab);
        var loss = new OutputLoss(weight, mostLogits: mostLogits).Forward(hidden, targets);
        Autograd.Backward(loss);

        var (h, w) = (hidden.detach().@double().requires_grad_(), weight.detach().@double().requires_grad_());
        var expected = nn.functional.cross_entropy(nn.functional.linear(h, w).view(-1, vocab), targets.view(-1));
        expected.backward();
        Assert.Equal(expected.item<double>(), loss.item<float>(), 1e-5);
        Near(h.grad!, hidden.grad!);
        Near(w.grad!, weight.grad!);
    }

    [Theory]
    [InlineData(23, 0.1, OutputLoss.MostLogits)]
    [InlineData(5000, 0.3, 5000 * 32)] // more than one block of sums, and a rest of a vector
    public void Smoothed_loss_and_gradients_are_those_of_libtorch_in_double(int vocab, double smoothing, int mostLogits)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(vocab);
        var loss = new OutputLoss(weight, mostLogits: mostLogits).Forward(hidden, targets, smoothing);
        Autograd.Backward(loss);

        var (h, w) = (hidden.detach().@double().requires_grad_(), weight.detach().@double().requires_grad_());
        var log = nn.functional.log_softmax(nn.functional.linear(h, w).view(-1, vocab), 1);
        var expected = log.gather(1, targets.view(-1, 1)).mean().mul(1 - smoothing).add(log.mean().mul(smoothing)).neg();
        expected.backward();
        Assert.Equal(expected.item<double>(), loss.item<float>(), 1e-5);
        Near(h.grad!, hidden.grad!);
        Near(w.grad!, weight.grad!);
    }

    [Theory]
    [InlineData(OutputLoss.MostLogits)]
    [InlineData(300 * 16)] // pieces add up in the gradients
    public void Rounded_factors_give_the_loss_and_gradients_of_rounded_factors(int mostLogits)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(300, grow: 1);
        var slot = new GradientSlot();
        slot.Expire();
        weight.grad!.fill_(float.NaN); // of an earlier backward: it must not be read
        var layer = new OutputLoss(weight, slot, mostLogits, ProductKind.Bf16);
        var loss = layer.Forward(hidden, targets);
        Autograd.Backward(loss);
        using (no_grad())
            Assert.Equal(layer.Forward(hidden, targets).item<float>(), loss.item<float>()); // evaluations while it trains

        static Tensor Rounded(Tensor t) => t.detach().bfloat16().@double();
        var (h, w) = (Rounded(hidden).view(-1, Width), Rounded(weight));
        var logits = Rounded(h.mm(w.t())).requires_grad_();
        var expected = nn.functional.cross_entropy(logits, targets.view(-1));
        expected.backward();
        var g = Rounded(logits.grad!);
        AssertClose(expected, loss, 1e-4);
        AssertClose(g.mm(w).view(hidden.shape), hidden.grad!, 0.01);
        AssertClose(g.t().mm(h), weight.grad!, 0.01);
        Assert.NotEqual(nn.functional.cross_entropy(nn.functional.linear(hidden, weight).view(-1, 300), targets.view(-1)).item<float>(), loss.item<float>());
    }

    /// <summary>Apart by at most that share of the largest: sums that are rounded to bf16 once are within 2^-9, and one in some thousand logits rounds to the other side.</summary>
    private static void AssertClose(Tensor expected, Tensor actual, double share) =>
        Assert.InRange(expected.sub(actual.@double()).abs().max().item<double>(), 0, share * expected.abs().max().item<double>());

    [Fact]
    public void Without_gradients_the_loss_has_the_same_bits_and_nothing_is_added()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(100);
        var layer = new OutputLoss(weight, mostLogits: 100 * 16);
        using (no_grad())
        {
            var loss = layer.Forward(hidden, targets);
            Assert.False(loss.requires_grad);
            Assert.Equal(0, weight.grad!.abs().sum().item<float>());
            using (enable_grad())
                Assert.Equal(layer.Forward(hidden, targets).item<float>(), loss.item<float>());
        }
    }

    [Fact]
    public void The_number_of_pieces_changes_no_loss_and_hardly_a_gradient()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(100);
        Autograd.Backward(new OutputLoss(weight).Forward(hidden, targets));
        var whole = weight.grad!.clone();
        weight.grad!.zero_();
        Autograd.Backward(new OutputLoss(weight, mostLogits: 100 * 16).Forward(hidden, targets));
        Near(whole, weight.grad!);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_bad_number_makes_a_bad_loss(float bad)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(40);
        using var noGrad = no_grad();
        hidden[2, 3, 1] = bad;
        Assert.True(float.IsNaN(new OutputLoss(weight).Forward(hidden, targets).item<float>()));
    }

    [Fact]
    public void A_sure_and_right_answer_costs_nothing_and_a_sure_and_wrong_one_what_it_should()
    {
        using var scope = NewDisposeScope();
        var weight = eye(20).mul_(200);
        var hidden = eye(20);
        var right = arange(20, dtype: ScalarType.Int64);
        Assert.Equal(0, new OutputLoss(weight).Forward(hidden, right).item<float>());
        Assert.Equal(200, new OutputLoss(weight).Forward(hidden, right.roll(1)).item<float>(), 1e-3f);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(40)]
    public void A_target_outside_the_vocabulary_is_refused(long target)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(40);
        targets[1, 1] = target;
        Assert.Throws<ArgumentOutOfRangeException>(() => new OutputLoss(weight).Forward(hidden, targets));
    }

    [Fact]
    public void Backward_from_behind_the_loss_is_refused()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Case(40);
        var twice = new OutputLoss(weight).Forward(hidden, targets).mul(2);
        Assert.Contains("begin at the model's loss", Assert.Throws<InvalidOperationException>(() => Autograd.Backward(twice)).Message, StringComparison.Ordinal);
    }

    private static void Near(Tensor expected, Tensor actual)
    {
        var difference = expected.@double().sub(actual.@double()).abs().max().item<double>();
        Assert.True(difference <= 1e-5 * expected.@double().abs().max().item<double>() + 1e-7, $"{difference} apart");
    }
}
