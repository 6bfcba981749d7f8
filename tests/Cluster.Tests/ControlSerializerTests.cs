using System.Runtime.Serialization;
using Akka.Actor;
using CsCheck;
using DyT.Cluster.Messages;
using DyT.Cluster.Serialization;
using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Runs;

namespace DyT.Cluster.Tests;

public sealed class ControlSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("serializers");

    private ControlSerializer Serializer => new((ExtendedActorSystem)_system);

    public void Dispose() => _system.Dispose();

    private static StepMetrics Metrics(bool evaluated) => new()
    {
        Step = 5, Generation = 2, WorldSize = 3, Loss = 2.5, LearningRate = 1e-3, GradNorm = double.NaN, Tokens = 1024, Seconds = 0.25, Mfu = evaluated ? 0.5 : null,
        ValLoss = evaluated ? 2.25 : null, Times = new StepTimes { Data = 1, Forward = 2, Backward = 3, Reduce = 4, Optimizer = 5, Communication = 6, Hidden = 7 },
        Samples = "0123456789abcdef", Skipped = evaluated ? null : "the loss is NaN", Alphas = evaluated ? new Dictionary<string, double> { ["model.norm"] = 0.5 } : null, Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    // One of every type on the list: a type that is added to the list and not here fails the first test below.
    private static IReadOnlyList<IControlMessage> Examples =>
    [
        new Register("w0", "abc", "10.0.0.1", 4000, "x64-512", "b1", [1, 2, 3]),
        new WorkerReady("w0", "abc", 17, 4, null),
        new WorkerReady("w0", "abc", -1, 4, new GenerationPlan("run", 4, 2, [new GenerationMember("w0", "h", 1, new ShardRange(0, 2)), new GenerationMember("w1", "h", 2, new ShardRange(2, 2))])),
        new WorkerAlive("w0", "abc", 5, 4, true, 17, "all-reduce 7", 1.5, 3),
        new GenerationEntered("w0", 4, 17),
        new CaughtUp("w0", 4, 18),
        new GenerationLeft("w0", 5, 18),
        new TransferReported("w0", 10, 20, 0.5),
        new LeaveRequested("w0", "abc"),
        new RolledBack(10),
        new StepReported(Metrics(evaluated: true)),
        new StepReported(Metrics(evaluated: false)),
        new StatusReported(new WorkerStatus { Name = "w1", Rank = 1, Step = 3, MicroShards = 2, ComputeSeconds = 0.5, ReduceSeconds = 0.1, ResidentBytes = 1L << 33 }),
        new CheckpointReported(9, "runs/x/checkpoints/step-00000009"),
        new AbortReceived("w1", 4),
        new GenerationFailed("w1", 4, 12, "w0", "the connection broke"),
        new GenerationFailed("w1", 4, 12, null, "told to"),
        new SessionEnded("w1", 4, RunOutcome.Finished, 100, "all 100 steps done"),
        new WorkerFailed("w1", "no data"),
        new NoticeReported("hello"),
        new Welcome("run", "/runs/run", "name: run\n", 16),
        new NextGeneration(new GenerationPlan("run", 3, 5, [])),
        new Heard(16),
        new NotRegistered(),
        new Leave(),
        new Refused("no"),
        new StartGeneration(new GenerationPlan("run", 3, 5, [new GenerationMember("w0", "h", 1, new ShardRange(0, 3)), new GenerationMember("w1", "h", 2, new ShardRange(3, 5))])),
        new AbortGeneration(3, "w9 is gone"),
        new StopRun(),
        new Shutdown(),
    ];

    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        Assert.Equal(MessageCodecs.All.Select(c => c.Type.Name).Order(), Examples.Select(e => e.GetType().Name).Distinct().Order());
        foreach (var message in Examples)
            Assert.Equivalent(message, Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message)), strict: true);
    }

    [Fact]
    public void Names_on_the_wire_are_short_and_unique()
    {
        Assert.Equal(MessageCodecs.All.Count, MessageCodecs.All.Select(c => c.Manifest).Distinct().Count());
        Assert.All(MessageCodecs.All, c => Assert.True(c.Manifest.Length <= 4));
    }

    [Fact]
    public void Hostile_bytes_give_one_kind_of_exception_and_no_large_memory() =>
        (from which in Gen.Int[0, Examples.Count - 1] from at in Gen.Int[0, 300] from value in Gen.Byte from cut in Gen.Int[0, 300] from tail in Gen.Byte.Array[0, 9] select (which, at, value, cut, tail)).Sample(t =>
        {
            var message = Examples[t.which];
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
