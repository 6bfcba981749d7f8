using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace DyT.Cluster.Serialization;

/// <summary>
/// Stands in the place (and under the number) of Akka's JSON serializer, which would make objects of any type that the wire names. It makes none; and being a serializer
/// by manifest, it is not even looked up a type for.
/// </summary>
public sealed class RefusingSerializer : SerializerWithStringManifest
{
    /// <summary>With the two arguments that Akka constructs the serializer with which this one replaces.</summary>
    public RefusingSerializer(ExtendedActorSystem system, Akka.Configuration.Config config)
        : base(system) => _ = config;

    public override int Identifier => 1;

    public override string Manifest(object o) => "";

    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType()} is not a control message and may not be sent");

    public override object FromBinary(byte[] bytes, string manifest) => throw new SerializationException("a message that is not on the list was refused");
}
