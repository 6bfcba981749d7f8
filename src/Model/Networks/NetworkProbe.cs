using TorchSharp;

namespace DyT.Model;

/// <summary>
/// A look inside a network's forward pass: what enters each site and leaves it, and what each branch adds to the residual stream. One forward pass at a time, without gradients.
/// </summary>
public sealed class NetworkProbe
{
    /// <summary>Told of each site in forward order: its name, its input and its output, [..., C] both. False ends the pass there.</summary>
    public Func<string, torch.Tensor, torch.Tensor, bool>? Site { get; set; }

    /// <summary>Told of each addition to the residual stream: the branch's name, the stream before it and the branch's output, [B, T, C] both. False ends the pass there.</summary>
    public Func<string, torch.Tensor, torch.Tensor, bool>? Branch { get; set; }

    /// <summary>Runs a forward pass until it is over or the probe has seen enough.</summary>
    public static void Until(Action forward)
    {
        try
        {
            forward();
        }
        catch (SeenEnoughException)
        {
            // As asked for.
        }
    }

    internal void OnSite(string name, torch.Tensor input, torch.Tensor output)
    {
        if (Site?.Invoke(name, input, output) == false)
            throw new SeenEnoughException();
    }

    internal void OnBranch(string name, torch.Tensor stream, torch.Tensor branch)
    {
        if (Branch?.Invoke(name, stream, branch) == false)
            throw new SeenEnoughException();
    }

    // The way out of a pass that runs through plain code.
    private sealed class SeenEnoughException : Exception;
}
