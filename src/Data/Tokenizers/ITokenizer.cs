using DyT.Config;

namespace DyT.Data;

/// <summary>Text to token numbers and back. Safe for use from one thread at a time.</summary>
public interface ITokenizer
{
    TokenizerKind Kind { get; }

    /// <summary>Tokens are 0..VocabSize-1.</summary>
    int VocabSize { get; }

    /// <summary>SHA-256 of the vocabulary in a canonical form, lowercase hexadecimal: two tokenizers with the same hash mean the same by every token.</summary>
    string VocabHash { get; }

    /// <summary>The token that ends a document, where the vocabulary has one.</summary>
    int? EndOfText { get; }

    /// <summary>Tokens of a text. Names of special tokens in the text are text like any other.</summary>
    int[] Encode(string text);

    /// <summary>
    /// Text of tokens. Never fails: what is no token (a model's vocabulary may be padded) and what is no valid UTF-8 becomes
    /// the replacement character U+FFFD.
    /// </summary>
    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>Writes everything that <see cref="TokenizerStore.Load"/> needs into a folder.</summary>
    void Save(string folder);
}
