namespace DyT.Data;

/// <summary>What a data set's files are for.</summary>
public enum CorpusKind { Text, Images, Pairs, Tokenizer }

/// <summary>A data set known by name.</summary>
/// <param name="Name">What <c>data.source</c> and <c>dyt data get</c> call it.</param>
/// <param name="Description">What it is and how large.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Licence">Under which terms.</param>
/// <param name="Kind">Text, images or aligned texts to train on, or files of a tokenizer.</param>
public sealed record CorpusInfo(string Name, string Description, string Origin, string Licence, CorpusKind Kind);
