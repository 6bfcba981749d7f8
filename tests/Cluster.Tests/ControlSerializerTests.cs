using System.Runtime.Serialization;
using Akka.Actor;
using CsCheck;
using DyT.Cluster.Messages;
using DyT.Cluster.Serialization;
using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Tests.Shared;
using MessagePack;

namespace DyT.Cluster.Tests;

public sealed class ControlSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("serializers");

    private ControlSerializer Serializer => new((ExtendedActorSystem)_system);

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        Assert.Equal(MessageCodecs.All.Select(c => c.Type.Name).Order(), ControlExamples.All.Select(e => e.GetType().Name).Distinct().Order());
        foreach (var message in ControlExamples.All)
            Assert.Equivalent(message, Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message)), strict: true);
    }

    [Fact]
    public void Every_message_is_one_array_of_as_many_fields_as_it_says()
    {
        foreach (var message in ControlExamples.All)
        {
            var reader = new MessagePackReader(Serializer.ToBinary(message));
            reader.Skip();
            Assert.True(reader.End, $"bytes follow behind {message.GetType().Name}");
        }
    }

    [Fact]
    public void Names_on_the_wire_are_short_and_unique()
    {
        Assert.Equal(MessageCodecs.All.Count, MessageCodecs.All.Select(c => c.Manifest).Distinct().Count());
        Assert.All(MessageCodecs.All, c => Assert.True(c.Manifest.Length <= 4));
    }

    [Fact]
    public void Hostile_bytes_give_one_kind_of_exception_and_no_large_memory() =>
        (from which in Gen.Int[0, ControlExamples.All.Count - 1] from at in Gen.Int[0, 300] from value in Gen.Byte from cut in Gen.Int[0, 300] from tail in Gen.Byte.Array[0, 9] select (which, at, value, cut, tail)).Sample(t =>
        {
            var message = ControlExamples.All[t.which];
            var bytes = Serializer.ToBinary(message);
            if (bytes.Length > 0)
                bytes[t.at % bytes.Length] = t.value;
            bytes = [.. bytes.AsSpan(0, Math.Min(t.cut, bytes.Length)), .. t.tail];
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Serializer.FromBinary(bytes, Serializer.Manifest(message));
            }
            catch (SerializationException)
            {
                // The one that is allowed.
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
        }, iter: 20_000, threads: 1);

    [Theory]
    [InlineData("zz9")]
    [InlineData("")]
    [InlineData("System.Diagnostics.Process, System")]
    public void Unknown_kinds_are_refused(string manifest) => Assert.Throws<SerializationException>(() => Serializer.FromBinary([0x90], manifest));

    [Theory]
    [InlineData(0x7F)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void A_declared_length_of_gigabytes_is_refused(byte highest) =>
        Assert.Throws<SerializationException>(() => Serializer.FromBinary([0x91, 0xDB, highest, 0xFF, 0xFF, 0xFF, 1, 2, 3], Serializer.Manifest(new Refused("no"))));

    [Fact]
    public void A_plan_whose_ranges_leave_a_gap_is_refused()
    {
        var gap = new StartGeneration(new GenerationPlan("run", 3, 5, [new GenerationMember("w0", "h", 1, new ShardRange(0, 2)), new GenerationMember("w1", "h", 2, new ShardRange(3, 5))]));
        Assert.Throws<SerializationException>(() => Serializer.FromBinary(Serializer.ToBinary(gap), Serializer.Manifest(gap)));
    }

    [Fact]
    public void The_fall_back_serializer_of_the_control_plane_refuses_everything()
    {
        using var system = ControlPlane.Start(ControlPlane.CoordinatorRole, "127.0.0.1", 0, new Timings(TimeSpan.FromSeconds(5)));
        var fallBack = system.Serialization.FindSerializerForType(typeof(Dictionary<string, string>));
        Assert.IsType<RefusingSerializer>(fallBack);
        Assert.Throws<SerializationException>(() => fallBack.ToBinary(new Dictionary<string, string>()));
        Assert.Throws<SerializationException>(() => system.Serialization.Deserialize([1, 2, 3], 1, "System.Object, mscorlib"));
        Assert.IsType<ControlSerializer>(system.Serialization.FindSerializerForType(typeof(StopRun)));
    }
}
