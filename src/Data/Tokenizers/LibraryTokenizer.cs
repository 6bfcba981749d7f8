using System.Security.Cryptography;
using System.Text;
using DyT.Config;
using Microsoft.ML.Tokenizers;

namespace DyT.Data;

/// <summary>A tokenizer of Microsoft.ML.Tokenizers together with the files that it was made from.</summary>
internal sealed class LibraryTokenizer : ITokenizer
{
    private readonly Tokenizer _tokenizer;
    private readonly IReadOnlyDictionary<string, byte[]> _files;

    public LibraryTokenizer(TokenizerKind kind, Tokenizer tokenizer, int vocabSize, int? endOfText, IReadOnlyDictionary<string, byte[]> files)
    {
        Kind = kind;
        _tokenizer = tokenizer;
        VocabSize = vocabSize;
        EndOfText = endOfText;
        _files = files;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, bytes) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{kind}:{name}:{bytes.Length}\n"));
            hash.AppendData(bytes);
        }

        VocabHash = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public TokenizerKind Kind { get; }

    public int VocabSize { get; }

    public string VocabHash { get; }

    public int? EndOfText { get; }

    public int[] Encode(string text) => [.. _tokenizer.EncodeToIds(text, considerPreTokenization: true, considerNormalization: true)];

    public string Decode(ReadOnlySpan<int> tokens) => _tokenizer.Decode(tokens.ToArray()) ?? "";

    public void Save(string folder)
    {
        TokenizerStore.Write(folder, new TokenizerDescription { Kind = Kind });
        foreach (var (name, bytes) in _files)
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }
}
