using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>An operation of our own in libtorch's graph, against the same operation composed of libtorch's.</summary>
public sealed class AutogradTests
{
    /// <summary>w x^2, element by element.</summary>
    private sealed class WeightedSquare : IBackward
    {
        public bool[]? Needed { get; private set; }

        public Exception? Failure { get; init; }

        public static Tensor Forward(Tensor x, Tensor w, WeightedSquare? backward = null)
        {
            var y = x.detach().square().mul(w.detach());
            return Autograd.Record(y, [x, w], [x, w], backward ?? new WeightedSquare());
        }

        public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
        {
            if (Failure is not null)
                throw Failure;
            Needed = needed.ToArray();
            var (x, w) = (saved[0], saved[1]);
            gradients[0] = needed[0] ? gradOutput.mul(x).mul(w).mul(2) : null;
            gradients[1] = needed[1] ? gradOutput.mul(x.square()) : null;
        }
    }

    private static Tensor Values(int seed, bool gradient) => randn(3, 4, generator: new Generator((ulong)seed, CPU)).requires_grad_(gradient);

    private static float[] Floats(Tensor t) => t.data<float>().ToArray();

    [Fact]
    public void Gradients_are_those_of_the_composed_operation_also_when_a_result_is_used_twice()
    {
        using var scope = NewDisposeScope();
        var (x, w) = (Values(1, true), Values(2, true));
        var first = WeightedSquare.Forward(x, w);
        Autograd.Backward(WeightedSquare.Forward(first, w).add(first).sum());

        var (x2, w2) = (Values(1, true), Values(2, true));
        var reference = x2.square().mul(w2);
        reference.square().mul(w2).add(reference).sum().backward();
        Assert.True(x.grad!.allclose(x2.grad!, 1e-5, 1e-6));
        Assert.True(w.grad!.allclose(w2.grad!, 1e-5, 1e-6));
    }

    [Fact]
    public void Gradients_are_added_in_place_into_preset_views()
    {
        using var scope = NewDisposeScope();
        var (x, w) = (Values(1, false), Values(2, true));
        var flat = full([20], 0.5f);
        var view = flat.narrow(0, 4, 12).view(3, 4);
        w.grad = view;
        Autograd.Backward(WeightedSquare.Forward(x, w).sum());
        Autograd.Backward(WeightedSquare.Forward(x, w).sum());
        var expected = Floats(x).Select(v => 0.5f + v * v + v * v).ToArray();
        Assert.Equal(expected, Floats(flat)[4..16]);
        Assert.All(Floats(flat)[..4].Concat(Floats(flat)[16..]), v => Assert.Equal(0.5f, v));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Only_wanted_gradients_are_asked_for(bool first, bool second)
    {
        using var scope = NewDisposeScope();
        var (x, w) = (Values(1, first), Values(2, second));
        var backward = new WeightedSquare();
        Autograd.Backward(WeightedSquare.Forward(x, w, backward).sum());
        Assert.Equal([first, second], backward.Needed!);
        Assert.Equal(first, x.grad is not null);
        Assert.Equal(second, w.grad is not null);
    }

    [Fact]
    public void Nothing_is_recorded_without_gradient_mode_or_without_an_input_that_wants_one()
    {
        using var scope = NewDisposeScope();
        var before = GraphNode.Alive;
        Assert.False(WeightedSquare.Forward(Values(1, false), Values(2, false)).requires_grad);
        using (no_grad())
            Assert.False(WeightedSquare.Forward(Values(1, true), Values(2, true)).requires_grad);
        Assert.Equal(before, GraphNode.Alive);
    }

    [Fact]
    public void An_identity_passes_the_gradient_on()
    {
        using var scope = NewDisposeScope();
        var x = Values(1, true);
        var inner = x.mul(3);
        Autograd.Backward(Autograd.Record(inner.detach(), [inner], [], new PassOn()).square().sum());
        Assert.True(x.grad!.allclose(x.detach().mul(18), 1e-6, 1e-6));
    }

    private sealed class PassOn : IBackward
    {
        public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients) => gradients[0] = gradOutput;
    }

    [Fact]
    public void An_exception_in_backward_arrives_as_itself_and_the_next_pass_is_sound()
    {
        using var scope = NewDisposeScope();
        var (x, w) = (Values(1, true), Values(2, true));
        var failure = new InvalidDataException("seven");
        var failing = WeightedSquare.Forward(WeightedSquare.Forward(x, w), w, new WeightedSquare { Failure = failure });
        Assert.Same(failure, Assert.Throws<InvalidDataException>(() => Autograd.Backward(failing.sum())));
        Assert.Null(x.grad);
        Autograd.Backward(WeightedSquare.Forward(x, w).sum());
        Assert.True(x.grad!.allclose(x.detach().mul(w.detach()).mul(2), 1e-6, 1e-6));

        // Whoever calls libtorch's own backward sees that it failed, too.
        var plain = WeightedSquare.Forward(x, w, new WeightedSquare { Failure = failure });
        Assert.ThrowsAny<Exception>(() => plain.sum().backward());
    }

    [Fact]
    public void Backward_fails_when_a_saved_tensor_was_changed_in_place_or_is_gone()
    {
        using var scope = NewDisposeScope();
        var (x, w) = (Values(1, true), Values(2, true));
        var inner = x.mul(2);
        var y = WeightedSquare.Forward(inner, w).sum();
        inner.detach().add_(1);
        Assert.Contains("modified by an inplace operation", Assert.ThrowsAny<Exception>(() => Autograd.Backward(y)).Message, StringComparison.Ordinal);

        var again = WeightedSquare.Forward(x, w).sum();
        Autograd.Backward(again);
        Assert.Throws<InvalidOperationException>(() => Autograd.Backward(again));
    }

    [Fact]
    public void Steps_leave_no_tensor_and_no_node()
    {
        using var outer = NewDisposeScope();
        var (x, w) = (Values(1, true), Values(2, true));
        w.grad = zeros(3, 4);

        void Step(bool withBackward)
        {
            using var scope = NewDisposeScope();
            var y = x;
            for (var i = 0; i < 5; i++)
                y = WeightedSquare.Forward(y, w);
            if (withBackward)
                Autograd.Backward(y.mean());
        }

        Step(true);
        var (tensors, nodes) = (Tensor.TotalCount, GraphNode.Alive);
        for (var i = 0; i < 300; i++)
            Step(i % 3 != 0);
        Assert.Equal(nodes, GraphNode.Alive);
        Assert.Equal(tensors, Tensor.TotalCount);
    }
}
