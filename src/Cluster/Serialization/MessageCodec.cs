using MessagePack;

namespace DyT.Cluster.Serialization;

internal delegate void WriteMessage<in T>(ref MessagePackWriter writer, T message);

internal delegate T ReadMessage<out T>(ref MessagePackReader reader);

/// <summary>How one type of message becomes bytes: its short name on the wire and the two directions.</summary>
internal abstract record MessageCodec(string Manifest, Type Type)
{
    public abstract void Write(ref MessagePackWriter writer, object message);

    public abstract object Read(ref MessagePackReader reader);

    /// <param name="manifest">Name on the wire; the number at its end rises when the fields change.</param>
    /// <param name="fields">Fields of the message, which stand in an array of exactly this length.</param>
    /// <param name="write">Writes the fields in order.</param>
    /// <param name="read">Reads them in order.</param>
    public static MessageCodec Of<T>(string manifest, int fields, WriteMessage<T> write, ReadMessage<T> read)
        where T : class => new Typed<T>(manifest, fields, write, read);

    private sealed record Typed<T>(string Manifest, int Fields, WriteMessage<T> WriteFields, ReadMessage<T> ReadFields) : MessageCodec(Manifest, typeof(T))
        where T : class
    {
        public override void Write(ref MessagePackWriter writer, object message)
        {
            writer.WriteArrayHeader(Fields);
            WriteFields(ref writer, (T)message);
        }

        public override object Read(ref MessagePackReader reader)
        {
            var count = reader.ReadArrayHeader();
            if (count != Fields)
                throw new MessagePackSerializationException($"{Manifest} has {Fields} fields, not {count}");
            return ReadFields(ref reader);
        }
    }
}
