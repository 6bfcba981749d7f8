namespace DyT.Config;

/// <summary>An encoder-decoder transformer (arXiv 1706.03762).</summary>
public sealed record Seq2SeqConfig
{
    [Setting("Blocks of the decoder; the encoder has model.layers. Absent: as many.", Min = 1, Max = 4096)]
    public int? DecoderLayers { get; init; }

    [Setting("One table of embeddings for source and target tokens, where they have one vocabulary (data.pairs.shared_vocabulary).")]
    public bool ShareEmbeddings { get; init; } = true;
}
