namespace DyT.Data;

/// <summary>Tokens ready to train on.</summary>
/// <param name="Folder">Holds all of it.</param>
/// <param name="TrainShard">Path of the training tokens (<see cref="TokenShard"/>).</param>
/// <param name="ValShard">Path of the validation tokens.</param>
/// <param name="Tokenizer">That made them.</param>
/// <param name="ContentHash">SHA-256 over both shards' tokens and the vocabulary, lowercase hexadecimal: same hash, same training data.</param>
/// <param name="TrainTokens">Tokens to train on.</param>
/// <param name="ValTokens">Tokens to validate on.</param>
/// <param name="ValBytesPerToken">UTF-8 bytes of validation text per token: bits per byte = loss / ln 2 / this.</param>
public sealed record PreparedData(string Folder, string TrainShard, string ValShard, ITokenizer Tokenizer, string ContentHash, long TrainTokens, long ValTokens, double ValBytesPerToken);
