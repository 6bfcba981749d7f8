namespace DyT.Collectives.Tcp.Channels;

/// <summary>
/// Bytes in order to and from one peer, encrypted or not. One thread may send while another receives; <see cref="IDisposable.Dispose"/> breaks the
/// connection from any thread. Fails with a SocketException, an ObjectDisposedException or a <see cref="DataChannelException"/>.
/// </summary>
internal interface IWire : IDisposable
{
    void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Fills the buffer; false when the stream ends before.</summary>
    bool TryReceive(Span<byte> buffer);

    /// <summary>How long a receive may wait for anything at all.</summary>
    void SetPatience(TimeSpan patience);

    /// <summary>Bytes that a send takes without waiting for the peer, when all earlier ones have gone; 0 where that is unknown.</summary>
    int BufferedBytes { get; }

    /// <summary>Whether <see cref="Poll"/> can tell.</summary>
    bool CanPoll { get; }

    /// <summary>Waits so long for bytes to receive, or the end of the stream; true when there are any.</summary>
    bool Poll(TimeSpan patience);

    /// <summary>Ends the own direction; what the peer still sends can be received.</summary>
    void ShutdownSend();
}
