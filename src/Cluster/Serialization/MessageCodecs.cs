using DyT.Cluster.Messages;
using DyT.Runs;
using MessagePack;

namespace DyT.Cluster.Serialization;

/// <summary>The closed list of what may travel on the control plane.</summary>
internal static class MessageCodecs
{
    public static IReadOnlyList<MessageCodec> All { get; } =
    [
        MessageCodec.Of(
            "rg2",
            8,
            (ref MessagePackWriter w, Register m) =>
            {
                w.Write(m.Name);
                w.Write(m.Incarnation);
                w.Write(m.Host);
                w.Write(m.DataPort);
                w.Write(m.Machine);
                w.Write(m.Build);
                w.Write(m.Challenge);
                w.Write(m.Proof);
            },
            (ref MessagePackReader r) => new Register(Wire.Text(ref r), Wire.Text(ref r), Wire.Text(ref r), r.ReadInt32(), Wire.Text(ref r), Wire.Text(ref r), Wire.Bytes(ref r), Wire.Bytes(ref r))),
        MessageCodec.Of("rc1", 1, (ref MessagePackWriter w, RegistrationChallenge m) => w.Write(m.Nonce), (ref MessagePackReader r) => new RegistrationChallenge(Wire.Bytes(ref r))),
        MessageCodec.Of(
            "wr2",
            5,
            (ref MessagePackWriter w, WorkerReady m) =>
            {
                w.Write(m.Name);
                w.Write(m.Incarnation);
                w.Write(m.CommittedStep);
                w.Write(m.HighestGeneration);
                Wire.OptionalPlan(ref w, m.Running);
            },
            (ref MessagePackReader r) => new WorkerReady(Wire.Text(ref r), Wire.Text(ref r), r.ReadInt64(), r.ReadInt64(), Wire.OptionalPlan(ref r))),
        MessageCodec.Of(
            "wa1",
            9,
            (ref MessagePackWriter w, WorkerAlive m) =>
            {
                w.Write(m.Name);
                w.Write(m.Incarnation);
                w.Write(m.HighestGeneration);
                w.Write(m.RunningGeneration);
                w.Write(m.HasEntered);
                w.Write(m.CommittedStep);
                w.Write(m.Activity);
                w.Write(m.ActivitySeconds);
                w.Write(m.RefusedConnections);
            },
            (ref MessagePackReader r) => new WorkerAlive(Wire.Text(ref r), Wire.Text(ref r), r.ReadInt64(), r.ReadInt64(), r.ReadBoolean(), r.ReadInt64(), Wire.Text(ref r), r.ReadDouble(), r.ReadInt64())),
        MessageCodec.Of("ge1", 3, (ref MessagePackWriter w, GenerationEntered m) => Place(ref w, m.Name, m.Generation, m.Step), (ref MessagePackReader r) => new GenerationEntered(Wire.Text(ref r), r.ReadInt64(), r.ReadInt64())),
        MessageCodec.Of("cu1", 3, (ref MessagePackWriter w, CaughtUp m) => Place(ref w, m.Name, m.Generation, m.Step), (ref MessagePackReader r) => new CaughtUp(Wire.Text(ref r), r.ReadInt64(), r.ReadInt64())),
        MessageCodec.Of("gl1", 3, (ref MessagePackWriter w, GenerationLeft m) => Place(ref w, m.Name, m.Generation, m.Step), (ref MessagePackReader r) => new GenerationLeft(Wire.Text(ref r), r.ReadInt64(), r.ReadInt64())),
        MessageCodec.Of(
            "tr1",
            4,
            (ref MessagePackWriter w, TransferReported m) =>
            {
                w.Write(m.Name);
                w.Write(m.DoneBytes);
                w.Write(m.TotalBytes);
                w.Write(m.Seconds);
            },
            (ref MessagePackReader r) => new TransferReported(Wire.Text(ref r), r.ReadInt64(), r.ReadInt64(), r.ReadDouble())),
        MessageCodec.Of(
            "lr1",
            2,
            (ref MessagePackWriter w, LeaveRequested m) =>
            {
                w.Write(m.Name);
                w.Write(m.Incarnation);
            },
            (ref MessagePackReader r) => new LeaveRequested(Wire.Text(ref r), Wire.Text(ref r))),
        MessageCodec.Of("rb1", 1, (ref MessagePackWriter w, RolledBack m) => w.Write(m.Step), (ref MessagePackReader r) => new RolledBack(r.ReadInt64())),
        MessageCodec.Of("st3", 25, (ref MessagePackWriter w, StepReported m) => Metrics(ref w, m.Metrics), (ref MessagePackReader r) => new StepReported(Metrics(ref r))),
        MessageCodec.Of("ws2", 8, (ref MessagePackWriter w, StatusReported m) => Status(ref w, m.Status), (ref MessagePackReader r) => new StatusReported(Status(ref r))),
        MessageCodec.Of(
            "cp1",
            2,
            (ref MessagePackWriter w, CheckpointReported m) =>
            {
                w.Write(m.Step);
                w.Write(m.Path);
            },
            (ref MessagePackReader r) => new CheckpointReported(r.ReadInt64(), Wire.Text(ref r))),
        MessageCodec.Of(
            "ar1",
            2,
            (ref MessagePackWriter w, AbortReceived m) =>
            {
                w.Write(m.Name);
                w.Write(m.Generation);
            },
            (ref MessagePackReader r) => new AbortReceived(Wire.Text(ref r), r.ReadInt64())),
        MessageCodec.Of(
            "gf1",
            5,
            (ref MessagePackWriter w, GenerationFailed m) =>
            {
                w.Write(m.Name);
                w.Write(m.Generation);
                w.Write(m.CommittedStep);
                w.Write(m.LostPeer);
                w.Write(m.Reason);
            },
            (ref MessagePackReader r) => new GenerationFailed(Wire.Text(ref r), r.ReadInt64(), r.ReadInt64(), Wire.OptionalText(ref r), Wire.Text(ref r))),
        MessageCodec.Of(
            "se1",
            5,
            (ref MessagePackWriter w, SessionEnded m) =>
            {
                w.Write(m.Name);
                w.Write(m.Generation);
                w.Write((int)m.Outcome);
                w.Write(m.Step);
                w.Write(m.Message);
            },
            (ref MessagePackReader r) => new SessionEnded(Wire.Text(ref r), r.ReadInt64(), Wire.Word<RunOutcome>(ref r), r.ReadInt64(), Wire.Text(ref r))),
        MessageCodec.Of(
            "wf1",
            2,
            (ref MessagePackWriter w, WorkerFailed m) =>
            {
                w.Write(m.Name);
                w.Write(m.Message);
            },
            (ref MessagePackReader r) => new WorkerFailed(Wire.Text(ref r), Wire.Text(ref r))),
        MessageCodec.Of("no1", 1, (ref MessagePackWriter w, NoticeReported m) => w.Write(m.Message), (ref MessagePackReader r) => new NoticeReported(Wire.Text(ref r))),
        MessageCodec.Of(
            "wc2",
            4,
            (ref MessagePackWriter w, Welcome m) =>
            {
                w.Write(m.RunId);
                w.Write(m.RunFolder);
                w.Write(m.ConfigYaml);
                w.Write(m.LedgerStep);
            },
            (ref MessagePackReader r) => new Welcome(Wire.Text(ref r), Wire.Text(ref r), Wire.Text(ref r), r.ReadInt64())),
        MessageCodec.Of("rf1", 1, (ref MessagePackWriter w, Refused m) => w.Write(m.Reason), (ref MessagePackReader r) => new Refused(Wire.Text(ref r))),
        MessageCodec.Of("sg1", 4, (ref MessagePackWriter w, StartGeneration m) => Wire.Plan(ref w, m.Plan), (ref MessagePackReader r) => new StartGeneration(Wire.Plan(ref r))),
        MessageCodec.Of("ng1", 4, (ref MessagePackWriter w, NextGeneration m) => Wire.Plan(ref w, m.Plan), (ref MessagePackReader r) => new NextGeneration(Wire.Plan(ref r))),
        MessageCodec.Of("hd1", 1, (ref MessagePackWriter w, Heard m) => w.Write(m.LedgerStep), (ref MessagePackReader r) => new Heard(r.ReadInt64())),
        MessageCodec.Of("nr1", 0, (ref MessagePackWriter _, NotRegistered _) => { }, (ref MessagePackReader _) => new NotRegistered()),
        MessageCodec.Of("lv1", 0, (ref MessagePackWriter _, Leave _) => { }, (ref MessagePackReader _) => new Leave()),
        MessageCodec.Of(
            "ag1",
            2,
            (ref MessagePackWriter w, AbortGeneration m) =>
            {
                w.Write(m.Number);
                w.Write(m.Reason);
            },
            (ref MessagePackReader r) => new AbortGeneration(r.ReadInt64(), Wire.Text(ref r))),
        MessageCodec.Of("sr1", 0, (ref MessagePackWriter _, StopRun _) => { }, (ref MessagePackReader _) => new StopRun()),
        MessageCodec.Of("sd1", 0, (ref MessagePackWriter _, Shutdown _) => { }, (ref MessagePackReader _) => new Shutdown()),
    ];

    private static void Place(ref MessagePackWriter w, string name, long generation, long step)
    {
        w.Write(name);
        w.Write(generation);
        w.Write(step);
    }

    private static void Metrics(ref MessagePackWriter w, StepMetrics m)
    {
        w.Write(m.Step);
        w.Write(m.Generation);
        w.Write(m.WorldSize);
        w.Write(m.Loss);
        w.Write(m.LearningRate);
        w.Write(m.GradNorm);
        w.Write(m.Tokens);
        w.Write(m.Seconds);
        Wire.Optional(ref w, m.Mfu);
        Wire.Optional(ref w, m.ValLoss);
        Wire.Times(ref w, m.Times);
        Wire.Numbers(ref w, m.Scalars);
        Wire.Numbers(ref w, m.ValScores);
        Wire.Numbers(ref w, m.Sites?.InverseRms);
        Wire.Numbers(ref w, m.Sites?.Saturation);
        Wire.Numbers(ref w, m.Sites?.GammaSpread);
        w.Write(m.Samples);
        w.Write(m.Skipped);
        w.Write(m.Time.UtcTicks);
    }

    private static StepMetrics Metrics(ref MessagePackReader r) => new()
    {
        Step = r.ReadInt64(),
        Generation = r.ReadInt64(),
        WorldSize = r.ReadInt32(),
        Loss = r.ReadDouble(),
        LearningRate = r.ReadDouble(),
        GradNorm = r.ReadDouble(),
        Tokens = r.ReadInt64(),
        Seconds = r.ReadDouble(),
        Mfu = Wire.OptionalDouble(ref r),
        ValLoss = Wire.OptionalDouble(ref r),
        Times = Wire.Times(ref r),
        Scalars = Wire.Numbers(ref r),
        ValScores = Wire.Numbers(ref r),
        Sites = Sites(ref r),
        Samples = Wire.Text(ref r),
        Skipped = Wire.OptionalText(ref r),
        Time = Time(r.ReadInt64()),
    };

    private static SiteMetrics? Sites(ref MessagePackReader r) => (Wire.Numbers(ref r), Wire.Numbers(ref r), Wire.Numbers(ref r)) switch
    {
        ({ } inverse, { } saturation, { } spread) => new SiteMetrics(inverse, saturation, spread),
        _ => null,
    };

    private static DateTimeOffset Time(long ticks) =>
        ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : throw new MessagePackSerializationException("an impossible time");

    private static void Status(ref MessagePackWriter w, WorkerStatus m)
    {
        w.Write(m.Name);
        w.Write(m.Rank);
        w.Write(m.Step);
        w.Write(m.MicroShards);
        w.Write(m.ComputeSeconds);
        w.Write(m.ReduceSeconds);
        w.Write(m.ResidentBytes);
        w.Write(m.OptimizerBytes);
    }

    private static WorkerStatus Status(ref MessagePackReader r) => new()
    {
        Name = Wire.Text(ref r),
        Rank = r.ReadInt32(),
        Step = r.ReadInt64(),
        MicroShards = r.ReadInt32(),
        ComputeSeconds = r.ReadDouble(),
        ReduceSeconds = r.ReadDouble(),
        ResidentBytes = r.ReadInt64(),
        OptimizerBytes = r.ReadInt64(),
    };
}
