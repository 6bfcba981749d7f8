namespace DyT.Config;

/// <summary>Something that does not fit together.</summary>
/// <param name="Keys">The key paths it is about, the one to mend first.</param>
/// <param name="Sentence">What is wrong and what to do, beginning with the first key path.</param>
public sealed record ConfigProblem(IReadOnlyList<string> Keys, string Sentence);

/// <summary>
/// Checks between settings; each setting's own bounds are on its <see cref="SettingAttribute"/>. Pure. What is merely
/// without effect (a beta for rmsnorm, a path for a byte tokenizer) is no problem: overrides must be able to switch a kind alone.
/// </summary>
public static class ConfigValidator
{
    private const int ByteVocabulary = 256;
    private const int Gpt2Vocabulary = 50257;
    private const int LongestName = 100;

    /// <summary>All problems, in the order of the sections; empty for a usable configuration.</summary>
    public static IReadOnlyList<ConfigProblem> Problems(RunConfig config) =>
    [
        .. Texts(config),
        .. Model(config.Model),
        .. Stages(config),
        .. Vocabulary(config),
        .. Data(config.Data),
        .. Pairs(config),
        .. Train(config.Train),
        .. Schedule(config),
        .. Optimizer(config.Optimizer),
        .. Guard(config.Guard),
        .. Cluster(config),
        .. Chaos(config.Chaos),
        .. Security(config.Cluster.Security),
    ];

    private static IEnumerable<ConfigProblem> Texts(RunConfig config)
    {
        if (!IsFolderName(config.Name))
        {
            yield return Problem(
                $"must be usable as a folder's name: 1 to {LongestName} characters, none of / \\ : * ? \" < > |, not starting with a dot.",
                "name");
        }

        (string Key, string Value)[] needed =
        [
            ("output", config.Output), ("data.source", config.Data.Source), ("data.field", config.Data.Field),
            ("data.cache", config.Data.Cache), ("cluster.host", config.Cluster.Host),
        ];
        foreach (var (key, value) in needed)
        {
            if (string.IsNullOrWhiteSpace(value) || value.Contains('\0', StringComparison.Ordinal))
                yield return Problem("must not be empty.", key);
        }

        if (!config.Cluster.MklCbwr.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ','))
            yield return Problem("must be a value that MKL_CBWR takes, such as AVX2 or COMPATIBLE, or empty.", "cluster.mkl_cbwr");
    }

    private static IEnumerable<ConfigProblem> Model(ModelConfig model)
    {
        if (model.IsRecurrent)
            yield break; // heads and positions are not read
        if (model.DModel % model.Heads != 0)
        {
            yield return Problem($"({model.Heads}) must divide model.d_model ({model.DModel}).", "model.heads", "model.d_model");
        }
        else if (model.Position == PositionKind.Rope && model.HeadWidth % 2 != 0)
        {
            yield return Problem(
                $"is rope, which rotates pairs of channels, so that model.d_model / model.heads ({model.HeadWidth}) must be even.",
                "model.position", "model.heads", "model.d_model");
        }

        if (model.Arch == ArchKind.Vit && model.Position is not (PositionKind.Learned or PositionKind.Sinusoidal or PositionKind.None))
            yield return Problem("must be learned, sinusoidal (in two dimensions) or none for a vit, whose patches have no order in one dimension.", "model.position", "model.arch");
        if (model.Arch == ArchKind.Vit && model.Position == PositionKind.Sinusoidal && model.DModel % 4 != 0)
            yield return Problem($"({model.DModel}) must be a multiple of 4 for a vit's sinusoidal positions: sines and cosines of row and column.", "model.d_model", "model.position");
        if (model.Heads % model.EffectiveKvHeads != 0)
            yield return Problem($"({model.EffectiveKvHeads}) must divide model.heads ({model.Heads}).", "model.kv_heads", "model.heads");
        if (model.Position == PositionKind.Sinusoidal && model.DModel % 2 != 0)
        {
            yield return Problem(
                $"is sinusoidal, which pairs a sine with a cosine, so that model.d_model ({model.DModel}) must be even.",
                "model.position", "model.d_model");
        }
    }

    private static IEnumerable<ConfigProblem> Stages(RunConfig config)
    {
        if (config.Stages.Count > 0 && config.Stages.Select(s => s.Kind).ToArray() is not ([StageKind.Train] or [StageKind.Calibrate, StageKind.Train]))
            yield return Problem("must be [{kind: calibrate}, {kind: train}], or empty for training alone.", "stages");
        if (config.Calibration is { } calibration && !HasNumbers(calibration))
            yield return Problem("of calibrate must be numbers greater than 0 and at most 100, separated by commas.", "stages.kappa_grid", "stages");
        if (config.Model.Residual is { Kind: ResidualKind.Scalars, Init: ResidualInit.ClosedForm } && config.Calibration is null)
            yield return Problem("is closed_form, which a stage 'calibrate' has to compute; add stages: [{kind: calibrate}, {kind: train}].", "model.residual.init", "stages");
    }

    private static bool HasNumbers(StageConfig calibration)
    {
        try
        {
            return calibration.Kappas().Count > 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static IEnumerable<ConfigProblem> Vocabulary(RunConfig config)
    {
        var kind = config.Data.Tokenizer.Kind;
        var needed = kind switch
        {
            TokenizerKind.Bytes => ByteVocabulary,
            TokenizerKind.Gpt2 => Gpt2Vocabulary,
            _ => 1,
        };
        if (config.Model.Vocab < needed)
        {
            yield return Problem(
                $"({config.Model.Vocab}) is smaller than the {needed} tokens of the {Text.SnakeCase(kind.ToString())} tokenizer; leave it out or raise it.",
                "model.vocab", "data.tokenizer.kind");
        }
    }

    private static IEnumerable<ConfigProblem> Data(DataConfig data)
    {
        if (data.Images is { Padding: > 0, MinScale: < 1 })
            yield return Problem("and data.images.min_scale are two kinds of random crop; take one of them.", "data.images.padding", "data.images.min_scale");
        var path = data.Tokenizer.Path;
        if (data.Tokenizer.Kind is TokenizerKind.Huggingface or TokenizerKind.Sentencepiece && string.IsNullOrWhiteSpace(path))
        {
            var file = data.Tokenizer.Kind == TokenizerKind.Huggingface ? "tokenizer.json" : ".model file";
            yield return Problem($"is needed for this kind of tokenizer: the path of its {file}.", "data.tokenizer.path", "data.tokenizer.kind");
        }
        else if (path is not null && (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal)))
        {
            yield return Problem("must be a path; leave it out where there is none.", "data.tokenizer.path");
        }
    }

    private static IEnumerable<ConfigProblem> Pairs(RunConfig config)
    {
        var pairs = config.Data.Pairs;
        foreach (var (key, path) in new[] { ("data.pairs.source_file", pairs.SourceFile), ("data.pairs.target_file", pairs.TargetFile) })
        {
            if (path is not null && (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal)))
                yield return Problem("must be a path; leave it out where there is none.", key);
        }

        if (pairs.SourceFile is null != pairs.TargetFile is null)
            yield return Problem("goes with data.pairs.target_file: give both or neither.", "data.pairs.source_file", "data.pairs.target_file");
        if (config.Model.Arch == ArchKind.Seq2seq && pairs.MaxLength > config.Model.Block)
            yield return Problem($"({pairs.MaxLength}) must not exceed model.block ({config.Model.Block}).", "data.pairs.max_length", "model.block");
        if (config.Data.ValFraction + pairs.TestFraction > 0.9)
            yield return Problem($"({pairs.TestFraction}) and data.val_fraction ({config.Data.ValFraction}) leave too little to train on; lower one of them.", "data.pairs.test_fraction", "data.val_fraction");
    }

    private static IEnumerable<ConfigProblem> Train(TrainConfig train)
    {
        if (train.GlobalBatch % train.MicroBatch != 0)
        {
            yield return Problem(
                $"({train.MicroBatch}) must divide train.global_batch ({train.GlobalBatch}).",
                "train.micro_batch", "train.global_batch");
        }

        if (train.EarlyStop > 0 && train.EvalEvery == 0)
        {
            yield return Problem(
                "counts evaluations, but train.eval_every is 0 (only at the end); set train.eval_every.",
                "train.early_stop", "train.eval_every");
        }
    }

    private static IEnumerable<ConfigProblem> Schedule(RunConfig config)
    {
        var (schedule, steps) = (config.Schedule, config.Train.Steps);
        if (schedule.Warmup > steps)
        {
            yield return Problem($"({schedule.Warmup}) must not exceed train.steps ({steps}).", "schedule.warmup", "train.steps");
        }
        else if (schedule.Kind == ScheduleKind.Wsd && schedule.Warmup + Math.Floor(schedule.DecayFraction * steps) > steps)
        {
            yield return Problem(
                $"({schedule.Warmup}) and the decay of {schedule.DecayFraction:P0} overlap within train.steps ({steps}); lower one of them.",
                "schedule.warmup", "schedule.decay_fraction", "train.steps");
        }
    }

    private static IEnumerable<ConfigProblem> Optimizer(OptimizerConfig optimizer)
    {
        if (optimizer is { Ema: > 0, Sharding: OptimizerSharding.Zero1 })
            yield return Problem("needs the whole average on every worker when it evaluates, and with zero1 each holds a piece; leave one of them out.", "optimizer.ema", "optimizer.sharding");
    }

    private static IEnumerable<ConfigProblem> Guard(GuardConfig guard)
    {
        if (guard.LossSpike is > 0 and <= 1)
            yield return Problem("must be greater than 1 (a multiple of the median loss), or 0 for no guard.", "guard.loss_spike");
    }

    private static IEnumerable<ConfigProblem> Cluster(RunConfig config)
    {
        var (cluster, train) = (config.Cluster, config.Train);
        if (cluster.MinWorkers > cluster.Workers)
        {
            yield return Problem(
                $"({cluster.MinWorkers}) must not exceed cluster.workers ({cluster.Workers}).",
                "cluster.min_workers", "cluster.workers");
        }

        if (cluster.Wire != WireType.Fp32 && config.Reproducible)
            yield return Problem("is bf16, whose rounding depends on who computes what; set reproducible: false, or leave cluster.wire at fp32.", "cluster.wire", "reproducible");
        if (cluster.MaxWorkers < cluster.WorkersToGoOn)
            yield return Problem($"({cluster.MaxWorkers}) must not be less than cluster.min_workers ({cluster.WorkersToGoOn}).", "cluster.max_workers", "cluster.min_workers");
        if (train.GlobalBatch % train.MicroBatch == 0 && cluster.Workers > train.MicroShards)
        {
            yield return Problem(
                $"({cluster.Workers}) exceeds the {train.MicroShards} micro-batches of a step, so some would have nothing to do; use fewer workers, a smaller train.micro_batch or a larger train.global_batch.",
                "cluster.workers", "train.micro_batch", "train.global_batch");
        }
    }

    // Whether the faults fit into the run is left to the schedule: a run that is not disturbed may be too short for them.
    private static IEnumerable<ConfigProblem> Chaos(ChaosConfig chaos)
    {
        var (kinds, unknown) = FaultKindNames.Parse(chaos.Kinds);
        if (unknown is not null)
            yield return Problem($"must be kinds separated by commas, but {FaultKindNames.Advice(unknown)}", "chaos.kinds");
        else if (kinds.Count == 0)
            yield return Problem("must name at least one kind of fault, such as kill_worker.", "chaos.kinds");
    }

    // That a path is given at all is seen where the environment, which may give it too, is read (IdentityFiles).
    private static IEnumerable<ConfigProblem> Security(SecurityConfig security)
    {
        (string Key, string? Value, string Variable)[] paths =
        [
            ("cluster.security.certificate", security.Certificate, SecurityConfig.CertificateVariable),
            ("cluster.security.key", security.Key, SecurityConfig.KeyVariable),
            ("cluster.security.authority", security.Authority, SecurityConfig.AuthorityVariable),
        ];
        foreach (var (key, value, variable) in paths)
        {
            if (value is not null && (string.IsNullOrWhiteSpace(value) || value.Contains('\0', StringComparison.Ordinal)))
                yield return Problem($"must be a path; leave it out to take it from {variable}.", key);
        }
    }

    // The strictest system's rules, so that a run's folder can be copied anywhere.
    private static bool IsFolderName(string name) =>
        name.Length is > 0 and <= LongestName
        && name[0] != '.' && name[^1] is not ('.' or ' ') && name[0] != ' '
        && !name.Any(c => char.IsControl(c) || "/\\:*?\"<>|".Contains(c, StringComparison.Ordinal));

    private static ConfigProblem Problem(string predicate, params string[] keys) => new(keys, $"{keys[0]} {predicate}");
}
