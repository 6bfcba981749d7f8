using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;
using DyT.Cluster.Serialization;
using DyT.Cluster.Startup;

namespace DyT.Cluster.Tests;

/// <summary>The serializers that stand in the place of Akka's own.</summary>
public sealed class GuardedSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ControlPlane.Start(ControlPlane.CoordinatorRole, "127.0.0.1", 0, new Timings(TimeSpan.FromSeconds(5)));

    private ExtendedActorSystem Extended => (ExtendedActorSystem)_system;

    public void Dispose() => _system.Dispose();

    [Fact]
    public void No_type_that_the_wire_names_is_looked_up()
    {
        SerializerWithStringManifest[] refusing = [new RefusingSerializer(Extended, _system.Settings.Config), new GuardedSystemSerializer(Extended)];
        foreach (var (serializer, manifest) in refusing.SelectMany(_ => (string[])["", "System.Object, mscorlib", "No.Such.Type, Nowhere"], (s, m) => (s, m)))
        {
            // Our own refusal, and not Akka's word that there is no such type.
            var refusal = Assert.Throws<SerializationException>(() => _system.Serialization.Deserialize([1, 2, 3], serializer.Identifier, manifest));
            Assert.EndsWith("was refused", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_is_not_refused_is_written_and_read_as_by_Akkas_own()
    {
        var (guarded, plain) = (new GuardedMiscSerializer(Extended), new MiscMessageSerializer(Extended));
        var message = new Identify("who");
        Assert.Equal((plain.Identifier, plain.Manifest(message)), (guarded.Identifier, guarded.Manifest(message)));
        Assert.Equal(plain.ToBinary(message), guarded.ToBinary(message));
        Assert.Equal("who", Assert.IsType<Identify>(guarded.FromBinary(plain.ToBinary(message), plain.Manifest(message))).MessageId);
    }

    [Fact]
    public void Orders_that_an_actor_end_are_refused()
    {
        var guarded = new GuardedMiscSerializer(Extended);
        foreach (var order in new object[] { Kill.Instance, PoisonPill.Instance })
            Assert.Throws<SerializationException>(() => guarded.FromBinary(guarded.ToBinary(order), guarded.Manifest(order)));
    }
}
