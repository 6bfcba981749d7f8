using TorchSharp;

namespace DyT.Model;

/// <summary>
/// A look inside a network's forward pass: what enters each site and leaves it, and what each branch adds to the residual stream. One forward pass at a time, without gradients.
/// </summary>
public sealed class NetworkProbe
{
    private torch.Tensor? _rows; // of the pass' own dispose scope

    /// <summary>Told of each site in forward order: its name, its input and its output, [..., C] both, without padding. False ends the pass there.</summary>
    public Func<string, torch.Tensor, torch.Tensor, bool>? Site { get; set; }

    /// <summary>Told of each addition to the residual stream: the branch's name, the stream before it and the branch's output, [..., C] both, without padding. False ends the pass there.</summary>
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

    /// <summary>From here on in the pass, the rows of [B * T, C] that are no padding: [N] int64; null: all. Asked for only when somebody looks.</summary>
    internal void Enter(Func<torch.Tensor>? rows) => _rows = Site is null && Branch is null ? null : rows?.Invoke();

    internal void OnSite(string name, torch.Tensor input, torch.Tensor output)
    {
        if (Site?.Invoke(name, Real(input), Real(output)) == false)
            throw new SeenEnoughException();
    }

    internal void OnBranch(string name, torch.Tensor stream, torch.Tensor branch)
    {
        if (Branch?.Invoke(name, Real(stream), Real(branch)) == false)
            throw new SeenEnoughException();
    }

    private torch.Tensor Real(torch.Tensor x) => _rows is null ? x : x.reshape(-1, x.shape[^1]).index_select(0, _rows);

    // The way out of a pass that runs through plain code.
    private sealed class SeenEnoughException : Exception;
}
