namespace DyT.Config.Tests;

public class ConfigValidatorTests
{
    private static readonly RunConfig Valid = new();

    public static TheoryData<string, RunConfig> Wrong => new()
    {
        { "name must be usable", Valid with { Name = "a/b" } },
        { "name must be usable", Valid with { Name = "" } },
        { "name must be usable", Valid with { Name = ".." } },
        { "output must not be empty.", Valid with { Output = " " } },
        { "data.source must not be empty.", Valid with { Data = new() { Source = "" } } },
        { "cluster.mkl_cbwr must be a value", Valid with { Cluster = new() { MklCbwr = "A B" } } },
        { "model.heads (3) must divide model.d_model (128).", Valid with { Model = new() { Heads = 3 } } },
        { "model.kv_heads (3) must divide model.heads (4).", Valid with { Model = new() { KvHeads = 3 } } },
        { "model.position is rope", Valid with { Model = new() { Heads = 2, DModel = 6, Position = PositionKind.Rope } } },
        { "model.position is sinusoidal", Valid with { Model = new() { Heads = 1, DModel = 7, Position = PositionKind.Sinusoidal } } },
        { "optimizer.ema needs the whole average", Valid with { Optimizer = new() { Ema = 0.9, Sharding = OptimizerSharding.Zero1 } } },
        { "model.vocab (255) is smaller than the 256 tokens of the bytes tokenizer", Valid with { Model = new() { Vocab = 255 }, Data = new() { Tokenizer = new() { Kind = TokenizerKind.Bytes } } } },
        { "model.vocab (50256) is smaller than the 50257 tokens of the gpt2 tokenizer", Valid with { Model = new() { Vocab = 50256 }, Data = new() { Tokenizer = new() { Kind = TokenizerKind.Gpt2 } } } },
        { "data.tokenizer.path is needed for this kind of tokenizer: the path of its tokenizer.json.", Valid with { Data = new() { Tokenizer = new() { Kind = TokenizerKind.Huggingface } } } },
        { "data.tokenizer.path is needed for this kind of tokenizer: the path of its .model file.", Valid with { Data = new() { Tokenizer = new() { Kind = TokenizerKind.Sentencepiece } } } },
        { "data.tokenizer.path must be a path", Valid with { Data = new() { Tokenizer = new() { Path = "" } } } },
        { "train.micro_batch (5) must divide train.global_batch (16).", Valid with { Train = new() { MicroBatch = 5 } } },
        { "train.early_stop counts evaluations", Valid with { Train = new() { EarlyStop = 3, EvalEvery = 0 } } },
        { "schedule.warmup (100) must not exceed train.steps (99).", Valid with { Train = new() { Steps = 99 } } },
        { "schedule.warmup (100) and the decay of 50", Valid with { Train = new() { Steps = 198 }, Schedule = new() { Kind = ScheduleKind.Wsd, DecayFraction = 0.5 } } },
        { "guard.loss_spike must be greater than 1", Valid with { Guard = new() { LossSpike = 1 } } },
        { "cluster.min_workers (3) must not exceed cluster.workers (2).", Valid with { Cluster = new() { MinWorkers = 3 } } },
        { "cluster.workers (5) exceeds the 4 micro-batches of a step", Valid with { Cluster = new() { Workers = 5 } } },
        { "cluster.wire is bf16, whose rounding depends on who computes what; set reproducible: false", Valid with { Cluster = new() { Wire = WireType.Bf16 } } },
        { "chaos.kinds must be kinds separated by commas, but 'kill_wroker' is no kind of fault (did you mean kill_worker?)", Valid with { Chaos = new() { Kinds = "slow_link, kill_wroker" } } },
        { "chaos.kinds must name at least one kind of fault", Valid with { Chaos = new() { Kinds = " , " } } },
        { "cluster.security.key must be a path; leave it out to take it from DYT_TLS_KEY.", Valid with { Cluster = new() { Security = new() { Key = " " } } } },
    };

    public static TheoryData<RunConfig> Right => new()
    {
        Valid,
        Valid with { Model = new() { Heads = 3, DModel = 129, KvHeads = 1 } },
        Valid with { Model = new() { Heads = 2, DModel = 8, Position = PositionKind.Rope } },
        Valid with { Model = new() { Arch = ArchKind.Gru, Heads = 3, DModel = 7, Position = PositionKind.Rope } },
        Valid with { Model = new() { Vocab = 256 }, Data = new() { Tokenizer = new() { Kind = TokenizerKind.Bytes, Path = "unused" } } },
        Valid with { Data = new() { Tokenizer = new() { Kind = TokenizerKind.Huggingface, Path = "t.json" } } },
        Valid with { Train = new() { Steps = 100 } },
        Valid with { Train = new() { Steps = 200 }, Schedule = new() { Kind = ScheduleKind.Wsd, DecayFraction = 0.5 } },
        Valid with { Guard = new() { LossSpike = 0 } },
        Valid with { Cluster = new() { Workers = 4, MinWorkers = 1 } },
        Valid with { Optimizer = new() { Ema = 0.999 } },
        Valid with { Reproducible = false },
        Valid with { Reproducible = false, Cluster = new() { Wire = WireType.Bf16 } },
        Valid with { Chaos = new() { Kinds = "slow_link,partition" } },
        Valid with { Cluster = new() { Security = new() { Control = ControlSecurity.Tls, Data = DataSecurity.Integrity, Certificate = "c/{role}.pem" } } },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void What_does_not_fit_together_is_the_one_problem_named(string expected, RunConfig config)
    {
        var problem = Assert.Single(ConfigValidator.Problems(config));
        Assert.StartsWith(expected, problem.Sentence, StringComparison.Ordinal);
        Assert.StartsWith(problem.Keys[0] + " ", problem.Sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", problem.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Right), DisableDiscoveryEnumeration = true)]
    public void What_fits_together_has_no_problem(RunConfig config) => Assert.Empty(ConfigValidator.Problems(config));

    [Theory]
    [InlineData("partition, kill_worker,kill_worker", new[] { FaultKind.KillWorker, FaultKind.Partition })]
    [InlineData("disk_full, usual", new[] { FaultKind.KillWorker, FaultKind.FreezeWorker, FaultKind.DrainWorker, FaultKind.JoinWorker, FaultKind.KillCoordinator, FaultKind.CutConnections, FaultKind.SlowLink, FaultKind.DiskFull })]
    [InlineData("", new FaultKind[] { })]
    public void Kinds_of_faults_are_words(string text, FaultKind[] expected) => Assert.Equal(expected, new ChaosConfig { Kinds = text }.FaultKinds);

    [Fact]
    public void All_kinds_of_faults_have_a_word() => Assert.Equal(Enum.GetValues<FaultKind>(), new ChaosConfig { Kinds = "all" }.FaultKinds);
}
