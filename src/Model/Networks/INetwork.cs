using TorchSharp;

namespace DyT.Model;

/// <summary>A network as the trainer knows it: a micro-batch to a loss. Plain code over the named parameters of a <see cref="ParameterSet"/>.</summary>
public interface INetwork : IDisposable
{
    /// <summary>Look inside.</summary>
    NetworkProbe Probe { get; }

    /// <summary>What <see cref="Score"/> sums, in its order: first <c>nats</c>, then what the others are divided by (tokens, images), then what a person wants to know.</summary>
    IReadOnlyList<string> ScoreNames { get; }

    /// <summary>The mean loss in nats, a scalar that backward begins at (<see cref="Autograd.Backward"/>): every gradient of the parameters is then added to or written.</summary>
    /// <param name="batch">Of the kind that the network learns from.</param>
    /// <param name="training">Whether there is dropout and the like.</param>
    /// <param name="progress">Told by forward what it is about to read and by backward which gradients are final (<see cref="GradientMarks"/>); null when nobody wants to know.</param>
    torch.Tensor Loss(MicroBatch batch, bool training, IStepProgress? progress = null);

    /// <summary>Sums over the micro-batch, without gradients or dropout; <paramref name="sums"/> in the order of <see cref="ScoreNames"/>.</summary>
    void Score(MicroBatch batch, Span<double> sums);
}
