using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace DyT.Cluster.Serialization;

/// <summary>
/// Stands in the place of Akka's serializer of system messages, which command an actor's life cycle (terminate, suspend, ...) and which untrusted mode
/// lets through. None of our actors is watched or supervised from afar, so none is accepted.
/// </summary>
public sealed class GuardedSystemSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private readonly SystemMessageSerializer _inner = new(system);

    public override int Identifier => _inner.Identifier;

    public override bool IncludeManifest => _inner.IncludeManifest;

    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    /// <exception cref="SerializationException">Always.</exception>
    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("a system message from a peer was refused");
}
