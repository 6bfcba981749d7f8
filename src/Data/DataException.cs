using DyT.Config;

namespace DyT.Data;

/// <summary>Data that cannot be used; the message names the place and what to do.</summary>
public sealed class DataException(string message, Exception? inner = null) : UserErrorException(message, Failure, inner);
