namespace DyT.Config;

/// <summary>Where the sites of a recurrent layer stand.</summary>
public enum RnnSitePlace
{
    /// <summary>On the layer's input.</summary>
    Input,

    /// <summary>There, on the sums that enter the gates, and (lstm) on the cell state before its tanh, as layer-normalised LSTMs have it (arXiv 1607.06450).</summary>
    Gates,
}

/// <summary>What the recurrent layers of an lstm or gru have of their own.</summary>
public sealed record RnnConfig
{
    [Setting("Where sites stand: input (of each layer) or gates (there, on the gates' sums and on the cell state; every position is then computed one by one, which is slow).")]
    public RnnSitePlace SiteAt { get; init; } = RnnSitePlace.Input;

    [Setting("Added to what enters the forget gate of an lstm, so that it begins by remembering.", Min = -100, Max = 100)]
    public double ForgetBias { get; init; } = 1;
}
