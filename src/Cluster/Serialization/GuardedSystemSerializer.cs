using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;

namespace DyT.Cluster.Serialization;

/// <summary>
/// Akka's serializer of system messages, which command an actor's life cycle (terminate, suspend, ...) and which untrusted mode lets through. None of our actors
/// is watched or supervised from afar, so none is accepted.
/// </summary>
public sealed class GuardedSystemSerializer(ExtendedActorSystem system) : GuardedSerializer<SystemMessageSerializer>(system, new SystemMessageSerializer(system))
{
    /// <exception cref="SerializationException">Always.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => throw new SerializationException("a system message from a peer was refused");
}
