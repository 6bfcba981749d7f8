using DyT.Config;

namespace DyT.Training.Checkpoints;

/// <summary>A checkpoint or weights file that cannot be read or written; the message names it and says why.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : UserErrorException(message, Failure, inner);
