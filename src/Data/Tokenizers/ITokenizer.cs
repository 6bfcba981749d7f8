using DyT.Config;

namespace DyT.Data;

/// <summary>Text to token numbers and back.</summary>
public interface ITokenizer
{
    TokenizerKind Kind { get; }

    int VocabSize { get; }

    /// <summary>SHA-256 of the vocabulary, 64 lowercase hexadecimal digits: two tokenizers with the same hash give the same tokens.</summary>
    string VocabHash { get; }

    /// <summary>The token that ends a document, where the vocabulary has one.</summary>
    int? EndOfText { get; }

    /// <exception cref="DataException">The text has something that the vocabulary lacks.</exception>
    int[] Encode(string text);

    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>Writes all that <see cref="TokenizerStore.Load"/> needs into a folder.</summary>
    void Save(string folder);
}
