using DyT.Config;

namespace DyT.Data;

/// <summary>A byte-pair encoding with its way of cutting text, and the files it came from.</summary>
internal sealed class BpeTextTokenizer : ITokenizer
{
    private readonly IBpeScheme _scheme;
    private readonly IReadOnlyList<(string Name, byte[] Content)> _files;

    public BpeTextTokenizer(TokenizerKind kind, BpeVocabulary vocabulary, IBpeScheme scheme, int? endOfText, IReadOnlyList<(string Name, byte[] Content)> files)
    {
        _scheme = scheme;
        _files = files;
        Kind = kind;
        VocabSize = vocabulary.Size;
        EndOfText = endOfText;
        VocabHash = VocabularyHash.Of("bpe", vocabulary.Ids, [.. scheme.Rules, vocabulary.WholeWords ? "whole words" : "", .. vocabulary.Merges]);
    }

    public TokenizerKind Kind { get; }

    public int VocabSize { get; }

    public string VocabHash { get; }

    public int? EndOfText { get; }

    public int[] Encode(string text)
    {
        var tokens = new List<int>(text.Length / 3);
        _scheme.Encode(text, tokens);
        return [.. tokens];
    }

    public string Decode(ReadOnlySpan<int> tokens) => _scheme.Decode(tokens);

    public void Save(string folder) => TokenizerStore.Write(folder, this, _files);
}
