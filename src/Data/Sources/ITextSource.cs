namespace DyT.Data;

/// <summary>Documents that can be read again and again, one at a time, in the same order.</summary>
internal interface ITextSource
{
    /// <summary>Changes whenever the documents may have changed.</summary>
    string Identity { get; }

    IEnumerable<string> Documents();
}

/// <summary>Documents in memory.</summary>
internal sealed class MemorySource(string identity, IReadOnlyList<string> documents) : ITextSource
{
    public string Identity => identity;

    public IEnumerable<string> Documents() => documents;
}
