namespace DyT.Model;

/// <summary>Names of what a recurrent layer has; those that it shares with a transformer's block are in <see cref="Names"/>.</summary>
internal static class RnnNames
{
    /// <summary>The last part of the name of the site on the sums that enter the gates.</summary>
    public const string Gates = "gate_layernorm";

    /// <summary>The last part of the name of the site on the sum that enters a gru's candidate.</summary>
    public const string Candidate = "candidate_layernorm";

    /// <summary>The last part of the name of the site on an lstm's cell state.</summary>
    public const string Cell = "cell_layernorm";

    public static string InputProjection(string layer) => $"{layer}.rnn.input_proj";

    public static string HiddenProjection(string layer) => $"{layer}.rnn.hidden_proj";

    public static string GateSite(string layer) => $"{layer}.rnn.{Gates}";

    public static string CandidateSite(string layer) => $"{layer}.rnn.{Candidate}";

    public static string CellSite(string layer) => $"{layer}.rnn.{Cell}";

    /// <summary>What a layer adds to the residual stream.</summary>
    public static string Branch(string layer) => $"{layer}.rnn_branch";

    /// <summary>What the layer's parameters belong to, but for what has a name that a transformer's block has too.</summary>
    public static IEnumerable<string> Owners(string layer) =>
        [InputProjection(layer), HiddenProjection(layer), GateSite(layer), CandidateSite(layer), CellSite(layer), Branch(layer)];
}
