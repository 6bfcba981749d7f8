using Akka.Actor;
using Akka.Serialization;

namespace DyT.Cluster.Serialization;

/// <summary>
/// Stands in the place of one of Akka's own serializers, under its number: writes what that one writes, and refuses what no peer may say. A serializer by manifest whatever the
/// inner one is, because for the others Akka looks up the type that the wire names before it asks them.
/// </summary>
/// <param name="system">The serializers' system.</param>
/// <param name="inner">Akka's.</param>
public abstract class GuardedSerializer<TInner>(ExtendedActorSystem system, TInner inner) : SerializerWithStringManifest(system)
    where TInner : Serializer
{
    public sealed override int Identifier => inner.Identifier;

    protected TInner Inner => inner;

    public sealed override string Manifest(object o) => inner is SerializerWithStringManifest named ? named.Manifest(o) : "";

    public sealed override byte[] ToBinary(object obj) => inner.ToBinary(obj);
}
