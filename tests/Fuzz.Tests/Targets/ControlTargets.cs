using System.Runtime.Serialization;
using DyT.Cluster.Messages;
using DyT.Cluster.Serialization;
using DyT.Collectives;
using DyT.Fuzz.Tests.Engine;
using DyT.Runs;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>The control plane's messages: an input's first byte chooses the manifest, so that bytes of one kind also come as another.</summary>
internal static class ControlTargets
{
    // The serializer keeps the system and asks nothing of it.
    private static readonly ControlSerializer Serializer = new(null!);

    public static FuzzTarget Messages() => new("control messages", [.. Examples.Select(Seed)], Read)
    {
        Syntax = Syntax.MessagePack,
        Allowed = typeof(SerializationException),
    };

    /// <summary>One of every type on the list.</summary>
    internal static IReadOnlyList<IControlMessage> Examples =>
    [
        new Register("w0", "abc", "10.0.0.1", 4000, "x64-512", "b1", [4, 5], [1, 2, 3]),
        new WorkerReady("w0", "abc", 17, 4, null),
        new WorkerReady("w0", "abc", -1, 4, new GenerationPlan("run", 4, 2, [new GenerationMember("w0", "h", 1, new ShardRange(0, 2)), new GenerationMember("w1", "h", 2, new ShardRange(2, 2))])),
        new WorkerAlive("w0", "abc", 5, 4, true, 17, "all-reduce 7", 1.5, 3),
        new GenerationEntered("w0", 4, 17),
        new CaughtUp("w0", 4, 18),
        new GenerationLeft("w0", 5, 18),
        new TransferReported("w0", 10, 20, 0.5),
        new LeaveRequested("w0", "abc"),
        new RolledBack(10),
        new StepReported(RunTargets.Metrics),
        new StepReported(RunTargets.Metrics with { Alphas = null, ValLoss = null, Mfu = null }),
        new StatusReported(RunTargets.Status),
        new CheckpointReported(9, "runs/x/checkpoints/step-00000009"),
        new AbortReceived("w1", 4),
        new GenerationFailed("w1", 4, 12, "w0", "the connection broke"),
        new GenerationFailed("w1", 4, 12, null, "told to"),
        new SessionEnded("w1", 4, RunOutcome.Finished, 100, "all 100 steps done"),
        new WorkerFailed("w1", "no data"),
        new NoticeReported("hello"),
        new RegistrationChallenge([1, 2, 3]),
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

    private static byte[] Seed(IControlMessage message)
    {
        var manifest = Serializer.Manifest(message);
        var index = MessageCodecs.All.TakeWhile(c => c.Manifest != manifest).Count();
        return [(byte)index, .. Serializer.ToBinary(message)];
    }

    private static bool Read(byte[] bytes)
    {
        if (bytes.Length == 0)
            return false;
        var manifest = MessageCodecs.All[bytes[0] % MessageCodecs.All.Count].Manifest;
        var message = Serializer.FromBinary(bytes[1..], manifest);
        // What was taken can be written, and says the same again.
        var written = Serializer.ToBinary(message);
        Assert.Equal(written, Serializer.ToBinary(Serializer.FromBinary(written, Serializer.Manifest(message))));
        return true;
    }
}
