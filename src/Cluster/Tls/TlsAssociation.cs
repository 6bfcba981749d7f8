using System.Buffers;
using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace DyT.Cluster.Tls;

/// <summary>One connection of <see cref="TlsTransport"/>: payloads, each behind its length in four bytes.</summary>
internal sealed class TlsAssociation(Address local, Address remote, Socket socket, SslStream stream, int mostBytes) : AssociationHandle(local, remote)
{
    private const int LengthBytes = 4;
    private const int EnvelopeBytes = 1024; // Akka checks its messages' size before it puts them into an envelope
    private const int MostQueued = 256; // Akka keeps the rest until there is room
    private const int CoalescedBytes = 64 * 1024;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly Channel<ByteString> _outgoing = Channel.CreateBounded<ByteString>(new BoundedChannelOptions(MostQueued) { SingleReader = true });
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _readToTheEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Closed => _closed.Task;

    public void Start()
    {
        _ = WriteLoop();
        _ = ReadLoop();
    }

    /// <summary>False when there is no room or the connection is over: Akka then tries again, or learns why from the read side.</summary>
    public override bool Write(ByteString payload) => _outgoing.Writer.TryWrite(payload);

    /// <summary>Lets what is queued go out, then closes.</summary>
    public void End() => _outgoing.Writer.TryComplete();

    [Obsolete("Akka's word for the same; called by its overload that takes a reason.")]
    public override void Disassociate() => End();

    private async Task WriteLoop()
    {
        var buffer = new ArrayBufferWriter<byte>(CoalescedBytes);
        try
        {
            while (await _outgoing.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                buffer.ResetWrittenCount();
                while (buffer.WrittenCount < CoalescedBytes && _outgoing.Reader.TryRead(out var payload))
                {
                    BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(LengthBytes), payload.Length);
                    buffer.Advance(LengthBytes);
                    buffer.Write(payload.Span);
                }

                await stream.WriteAsync(buffer.WrittenMemory).ConfigureAwait(false);
            }

            // What was queued is out. Closing with unread bytes would take from the peer what it has not read yet.
            socket.Shutdown(SocketShutdown.Send);
            await Task.WhenAny(_readToTheEnd.Task, Task.Delay(Farewell)).ConfigureAwait(false);
        }
        catch (Exception e) when (IsLoss(e))
        {
            // The read side sees it too and says so.
        }

        Close();
    }

    private async Task ReadLoop()
    {
        var listener = await ReadHandlerSource.Task.ConfigureAwait(false);
        var length = new byte[LengthBytes];
        try
        {
            while (await stream.ReadAtLeastAsync(length, LengthBytes, throwOnEndOfStream: false).ConfigureAwait(false) == LengthBytes)
            {
                var count = BinaryPrimitives.ReadInt32LittleEndian(length);
                if (count < 0 || count > mostBytes + EnvelopeBytes)
                    break;
                var payload = new byte[count];
                await stream.ReadExactlyAsync(payload).ConfigureAwait(false);
                listener.Notify(new InboundPayload(UnsafeByteOperations.UnsafeWrap(payload)));
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // Said below.
        }

        _readToTheEnd.TrySetResult();
        _outgoing.Writer.TryComplete();
        listener.Notify(new Disassociated(DisassociateInfo.Unknown));
        Close();
    }

    // The socket alone, from whichever side ends first: the other side then ends too.
    private void Close()
    {
        socket.Dispose();
        _closed.TrySetResult();
    }

    private static bool IsLoss(Exception e) => e is IOException or SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException;
}
