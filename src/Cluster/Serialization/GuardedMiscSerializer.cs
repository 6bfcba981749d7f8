using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;

namespace DyT.Cluster.Serialization;

/// <summary>
/// Akka's serializer of assorted messages (the watcher's heartbeats among them) without those that end an actor. Akka's untrusted mode drops only what is marked
/// as possibly harmful, and in Akka.NET <see cref="Kill"/> is not.
/// </summary>
public sealed class GuardedMiscSerializer(ExtendedActorSystem system) : GuardedSerializer<MiscMessageSerializer>(system, new MiscMessageSerializer(system))
{
    /// <exception cref="SerializationException">The message would end an actor.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => Inner.FromBinary(bytes, manifest) switch
    {
        Kill or PoisonPill => throw new SerializationException("a peer's order that an actor end was refused"),
        var message => message,
    };
}
