using System.Text;
using DyT.Config;
using Microsoft.ML.Tokenizers;

namespace DyT.Data;

/// <summary>A SentencePiece .model file (BPE or unigram), read by Microsoft.ML.Tokenizers. No start or end token is added.</summary>
/// <remarks>SentencePiece normalizes as the model says (runs of spaces, a leading space), so decoding gives back the normalized text.</remarks>
internal sealed class SentencePieceFile : ITokenizer
{
    public const string FileName = "tokenizer.model";
    private readonly byte[] _model;
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly HashSet<int> _known;
    private readonly string _path;

    private SentencePieceFile(byte[] model, SentencePieceTokenizer tokenizer, string path)
    {
        _model = model;
        _path = path;
        _tokenizer = tokenizer;
        _known = [.. tokenizer.Vocabulary.Values];
        if (_known.Count == 0 || _known.Max() >= BpeVocabulary.MaxSize)
            throw Bad(path, null);
        VocabSize = _known.Max() + 1;
        VocabHash = VocabularyHash.Of("sentencepiece", tokenizer.Vocabulary, [Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(model))]);
        EndOfText = tokenizer.Vocabulary.TryGetValue(tokenizer.EndOfSentenceToken, out var end) ? end : null;
    }

    public TokenizerKind Kind => TokenizerKind.Sentencepiece;

    public int VocabSize { get; }

    public string VocabHash { get; }

    public int? EndOfText { get; }

    public static ITokenizer Load(string path)
    {
        var model = InputFile.ReadBytes(path, TokenizerStore.MaxFileBytes, "SentencePiece model");
        return Guarded(path, () =>
        {
            using var stream = new MemoryStream(model);
            return new SentencePieceFile(model, SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false), path);
        });
    }

    public int[] Encode(string text) => Guarded(_path, () => Pieces(text));

    public string Decode(ReadOnlySpan<int> tokens)
    {
        var numbers = tokens.ToArray();
        return Guarded(_path, () => Text(numbers));
    }

    public void Save(string folder) => TokenizerStore.Write(folder, this, [(FileName, _model)]);

    private int[] Pieces(string text)
    {
        if (text.Length == 0) return [];
        // The library's normalizer loses a text that is a single character (2.0.1), so that one is written out here.
        var bare = text.Trim(' ');
        if (bare.Length == 1 && _tokenizer.Normalizer?.Normalize(text) is "")
            return [.. _tokenizer.EncodeToIds(Mark(bare), addBeginningOfSentence: false, addEndOfSentence: false, considerNormalization: false)];
        return [.. _tokenizer.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: false)];
    }

    private string Text(int[] tokens)
    {
        // The library refuses numbers that are no tokens: the runs between them are decoded apart.
        var text = new StringBuilder();
        var run = new List<int>();
        foreach (var token in tokens)
        {
            if (_known.Contains(token))
            {
                run.Add(token);
                continue;
            }

            text.Append(_tokenizer.Decode(run)).Append('\uFFFD');
            run.Clear();
        }

        return text.Append(_tokenizer.Decode(run)).ToString();
    }

    private string Mark(string text)
    {
        if (!_tokenizer.AddDummyPrefix) return text;
        var space = _tokenizer.EscapeWhiteSpaces ? MetaspaceBpe.Space : ' ';
        return _tokenizer.TreatWhitespaceAsSuffix ? text + space : space + text;
    }

    /// <summary>The library has no error type of its own: at a damaged model it fails with whatever it ran into, some of them not before a text needs the damaged part.</summary>
    private static T Guarded<T>(string path, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is not (OutOfMemoryException or UserErrorException))
        {
            throw Bad(path, e);
        }
    }

    private static UserErrorException Bad(string path, Exception? inner) =>
        new($"{path}: it is not a SentencePiece model of the kind bpe or unigram; check that it is the right file and whole.", inner: inner);
}
