namespace DyT.Data.Pairs;

/// <summary>Writes a <see cref="PairShard"/> pair by pair.</summary>
internal sealed class PairShardWriter : IDisposable
{
    private readonly TokenShardWriter[] _writers;

    /// <param name="path">Folder and name without an ending.</param>
    /// <param name="source">Tokenizer of the sources.</param>
    /// <param name="target">Of the targets.</param>
    /// <param name="longest">No segment has more tokens.</param>
    public PairShardWriter(string path, ITokenizer source, ITokenizer target, int longest) => _writers =
    [
        new(PairShard.TokensFile(path, "source"), source.VocabSize, source.VocabHash),
        new(PairShard.LengthsFile(path, "source"), longest + 1, PairShard.LengthsHash),
        new(PairShard.TokensFile(path, "target"), target.VocabSize, target.VocabHash),
        new(PairShard.LengthsFile(path, "target"), longest + 1, PairShard.LengthsHash),
    ];

    /// <summary>Pairs so far.</summary>
    public long Count => _writers[1].Count;

    public void Append(int[] source, int[] target)
    {
        _writers[0].Append(source);
        _writers[1].Append([source.Length]);
        _writers[2].Append(target);
        _writers[3].Append([target.Length]);
    }

    public void Complete()
    {
        foreach (var writer in _writers) writer.Complete();
    }

    public void Dispose()
    {
        foreach (var writer in _writers) writer.Dispose();
    }
}
