using System.Text;

namespace DyT.Data;

/// <summary>
/// Documents into one shard: each ends with the end-of-text token where the vocabulary has one; otherwise an empty line
/// stands between them.
/// </summary>
internal sealed class TokenStream : IDisposable
{
    private const string Separator = "\n\n";
    private readonly TokenShardWriter _writer;
    private readonly ITokenizer _tokenizer;

    public TokenStream(string path, ITokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _writer = new TokenShardWriter(path, tokenizer.VocabSize, tokenizer.VocabHash);
    }

    public long Tokens => _writer.Count;

    /// <summary>UTF-8 bytes of the text so far, with the separators.</summary>
    public long TextBytes { get; private set; }

    /// <param name="text">A document or the part of it for this shard.</param>
    /// <param name="endsDocument">Whether the document's end is in it.</param>
    public void Append(string text, bool endsDocument)
    {
        if (_tokenizer.EndOfText is null && TextBytes > 0) Write(Separator);
        Write(text);
        if (_tokenizer.EndOfText is { } end && endsDocument) _writer.Append([end]);
    }

    /// <summary>Gives the shard its name; the SHA-256 of its tokens.</summary>
    public string Complete() => _writer.Complete();

    public void Dispose() => _writer.Dispose();

    private void Write(string text)
    {
        _writer.Append(_tokenizer.Encode(text));
        TextBytes += Encoding.UTF8.GetByteCount(text);
    }
}
