namespace DyT.Data;

/// <summary>Token shards that are ready to train on.</summary>
/// <param name="Folder">Where they stand; shared by all runs with the same data settings.</param>
/// <param name="ContentHash">Of both shards: the same data has the same hash on every machine.</param>
/// <param name="ValBytesPerToken">UTF-8 bytes of validation text per token: turns nats per token into bits per byte.</param>
public sealed record PreparedData(
    string Folder, string TrainShard, string ValShard, ITokenizer Tokenizer, string ContentHash, long TrainTokens, long ValTokens, double ValBytesPerToken);
