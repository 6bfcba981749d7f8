namespace DyT.Collectives.Tcp.Channels;

/// <summary>A connection that its protection found fault with. The message continues a sentence about the peer.</summary>
internal sealed class DataChannelException(string reason, Exception? inner = null) : Exception(reason, inner);
