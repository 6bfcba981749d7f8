using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using MessagePack;

namespace DyT.Cluster.Serialization;

/// <summary>
/// MessagePack for the closed list of <see cref="MessageCodecs"/>: no type name ever comes from the wire, and bytes that are not exactly one message
/// of the list are refused with one kind of exception.
/// </summary>
public sealed class ControlSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly Dictionary<string, MessageCodec> ByManifest = MessageCodecs.All.ToDictionary(c => c.Manifest);
    private static readonly Dictionary<Type, MessageCodec> ByType = MessageCodecs.All.ToDictionary(c => c.Type);

    public override int Identifier => 4711;

    public override string Manifest(object o) => CodecOf(o).Manifest;

    public override byte[] ToBinary(object obj)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        CodecOf(obj).Write(ref writer, obj);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="SerializationException">The manifest or the bytes are not of the list.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!ByManifest.TryGetValue(manifest, out var codec))
            throw new SerializationException($"a message of the unknown kind '{manifest}' was refused");
        try
        {
            var reader = new MessagePackReader(bytes);
            var message = codec.Read(ref reader);
            return reader.End ? message : throw new SerializationException($"a message {manifest} with bytes after its end was refused");
        }
        // MessagePack's reader answers a declared length of 2 GiB or more with an ArgumentOutOfRangeException.
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new SerializationException($"a malformed message {manifest} was refused: {e.Message}", e);
        }
    }

    private static MessageCodec CodecOf(object message) =>
        ByType.TryGetValue(message.GetType(), out var codec) ? codec : throw new SerializationException($"{message.GetType()} is not a control message");
}
