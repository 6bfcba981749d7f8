namespace DyT.Model;

/// <summary>A network that says which token comes next.</summary>
public interface ILanguageModel : INetwork
{
    /// <summary>Begins a text. One that was begun earlier may go on beside it.</summary>
    IContinuation Continue();
}

/// <summary>A text that grows, with what the network keeps of it.</summary>
public interface IContinuation : IDisposable
{
    /// <summary>Takes in the next tokens (at least one); gives the scores of the one after them: a logit for each row of the output layer.</summary>
    float[] Next(ReadOnlySpan<int> tokens);
}
