using System.Text;

namespace DyT.Data;

/// <summary>Encodes documents into a shard, with what separates them in between.</summary>
internal sealed class TextToTokens(ITokenizer tokenizer, TokenShardWriter shard)
{
    private readonly int[] _separator = tokenizer.EndOfText is { } end ? [end] : tokenizer.Encode("\n\n");

    /// <summary>UTF-8 bytes of the text so far.</summary>
    public long TextBytes { get; private set; }

    public void Write(string document)
    {
        if (shard.Count > 0)
            shard.Write(_separator);
        shard.Write(tokenizer.Encode(document));
        TextBytes += Encoding.UTF8.GetByteCount(document);
    }
}
