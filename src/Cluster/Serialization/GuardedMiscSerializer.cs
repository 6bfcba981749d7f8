using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace DyT.Cluster.Serialization;

/// <summary>
/// Akka's serializer of assorted messages (the watcher's heartbeats among them), under its own number, without those that end an actor. Akka's
/// untrusted mode drops only what is marked as possibly harmful, and in Akka.NET <see cref="Kill"/> is not.
/// </summary>
public sealed class GuardedMiscSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly MiscMessageSerializer _inner = new(system);

    public override int Identifier => _inner.Identifier;

    public override string Manifest(object o) => _inner.Manifest(o);

    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    /// <exception cref="SerializationException">The message would end an actor.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => _inner.FromBinary(bytes, manifest) switch
    {
        Kill or PoisonPill => throw new SerializationException("a peer's order that an actor end was refused"),
        var message => message,
    };
}
