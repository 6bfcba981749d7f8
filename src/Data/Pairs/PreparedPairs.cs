namespace DyT.Data.Pairs;

/// <summary>Aligned texts ready to train on.</summary>
/// <param name="Folder">Holds all of it.</param>
/// <param name="Source">Tokenizer of the sources.</param>
/// <param name="Target">Of the targets; the same object where they share a vocabulary.</param>
/// <param name="ContentHash">SHA-256 over all pairs and vocabularies, lowercase hexadecimal: same hash, same training data.</param>
/// <param name="TrainPairs">Pairs to train on.</param>
/// <param name="ValPairs">Pairs to validate on.</param>
/// <param name="TestPairs">Pairs kept aside.</param>
/// <param name="LeftOut">Pairs that were too long.</param>
/// <param name="MeanTokens">Tokens of a pair to train on, both sides, on average, rounded.</param>
public sealed record PreparedPairs(
    string Folder, ITokenizer Source, ITokenizer Target, string ContentHash, int TrainPairs, int ValPairs, int TestPairs, long LeftOut, int MeanTokens)
{
    public bool Shared => ReferenceEquals(Source, Target);

    public PairShard OpenTrain() => new PreparedPairsFolder(Folder).OpenShard(PreparedPairsFolder.Train, Source, Target);

    public PairShard OpenValidation() => new PreparedPairsFolder(Folder).OpenShard(PreparedPairsFolder.Validation, Source, Target);

    /// <summary>The texts that were kept aside.</summary>
    public IReadOnlyList<TextPair> ReadTest() => new PreparedPairsFolder(Folder).ReadTest(TestPairs);
}
