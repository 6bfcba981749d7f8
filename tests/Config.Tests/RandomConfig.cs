using System.Globalization;
using System.Reflection;
using CsCheck;

namespace DyT.Config.Tests;

/// <summary>Valid configurations with every property drawn at random, edges of the bounds included.</summary>
internal static class RandomConfig
{
    private static readonly string[] Texts =
    [
        "", "a", "null", "~", "true", "no", "12", "1e3", ".5", ".inf", "-", "- a", "a: b", "a #b", "'", "\"", "\\", "\\u0041", " lead", "trail ",
        "line\nbreak", "tab\t", "\r", "\u0085", "\u2028", "\u2029", "\ufeff", "\0", "\u007f", "é", "日本語", "😀", "{a}", "[a]", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "?", "/some/x", "../x", "---", "...", "=", "<<",
    ];

    public static Gen<RunConfig> Gen { get; } = CsCheck.Gen.Int.Select(seed => Valid(new Random(seed)));

    private static RunConfig Valid(Random random)
    {
        var config = (RunConfig)Record(typeof(RunConfig), random);
        var heads = random.Next(1, 65);
        var microBatch = random.Next(1, 65);
        var microShards = random.Next(1, 257);
        var workers = random.Next(1, microShards + 1);
        var kind = config.Data.Tokenizer.Kind;
        var needsPath = kind is TokenizerKind.Huggingface or TokenizerKind.Sentencepiece;
        var divisors = Enumerable.Range(1, heads).Where(n => heads % n == 0).ToArray();
        var files = random.Next(2) == 0;
        return config with
        {
            Name = "run-" + random.Next().ToString(CultureInfo.InvariantCulture),
            Output = "o" + Text(random).Replace("\0", "", StringComparison.Ordinal),
            Model = config.Model with
            {
                Preset = Presets.Names.Append(null).ElementAt(random.Next(Presets.Names.Count + 1)),
                Heads = heads,
                DModel = heads * 4 * random.Next(1, 33),
                Position = config.Model.Arch == ArchKind.Vit && config.Model.Position is not (PositionKind.Learned or PositionKind.Sinusoidal or PositionKind.None) ? PositionKind.Learned : config.Model.Position,
                Block = Math.Max(2, config.Model.Block),
                KvHeads = random.Next(3) == 0 ? null : divisors[random.Next(divisors.Length)],
                Vocab = random.Next(3) == 0 ? null : random.Next(50257, 100000),
            },
            Data = config.Data with
            {
                Source = "s" + Text(random).Replace("\0", "", StringComparison.Ordinal),
                Field = "f",
                Cache = "c",
                Images = config.Data.Images with { MinScale = config.Data.Images.Padding > 0 ? 1 : config.Data.Images.MinScale },
                Pairs = config.Data.Pairs with
                {
                    SourceFile = files ? "a" : null,
                    TargetFile = files ? "b: #" : null,
                    TestFraction = config.Data.Pairs.TestFraction / 2,
                    MaxLength = random.Next(2) == 0 ? null : Math.Max(2, config.Model.Block),
                },
                Tokenizer = new TokenizerConfig { Kind = kind, Path = needsPath || random.Next(2) == 0 ? "p: #" : null },
            },
            Train = config.Train with { MicroBatch = microBatch, GlobalBatch = microBatch * microShards, EvalEvery = random.Next(1, 100) },
            Stages = config.Model.Residual.Init == ResidualInit.ClosedForm || random.Next(2) == 0
                ? new([((StageConfig)Record(typeof(StageConfig), random)) with { Kind = StageKind.Calibrate, KappaGrid = random.Next(2) == 0 ? "" : "0.5, 1e-3,2" }, new StageConfig()])
                : new(),
            Schedule = config.Schedule with { Warmup = 0 },
            Optimizer = config.Optimizer with { Sharding = config.Optimizer.Ema > 0 ? OptimizerSharding.None : config.Optimizer.Sharding },
            Guard = config.Guard with { LossSpike = random.Next(2) == 0 ? 0 : Math.BitIncrement(1) + random.NextDouble() },
            Cluster = config.Cluster with { Workers = workers, MinWorkers = random.Next(2) == 0 ? null : workers, MaxWorkers = random.Next(2) == 0 ? null : workers, Host = "::1", MklCbwr = "AVX2", Wire = config.Reproducible ? WireType.Fp32 : config.Cluster.Wire, Security = Paths(config.Cluster.Security) },
            Chaos = config.Chaos with { Kinds = random.Next(2) == 0 ? "kill_worker" : " partition,,slow_link , kill_worker" },
        };
    }

    private static SecurityConfig Paths(SecurityConfig security) => security with { Certificate = Path(security.Certificate), Key = Path(security.Key), Authority = Path(security.Authority) };

    private static string? Path(string? text) => text is null ? null : "p" + text.Replace("\0", "", StringComparison.Ordinal);

    private static object Record(Type type, Random random)
    {
        var record = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(property => property.CanWrite))
            property.SetValue(record, Value(property, random));
        return record;
    }

    private static object? Value(PropertyInfo property, Random random)
    {
        var setting = property.GetCustomAttribute<SettingAttribute>()!;
        if (Nullable.GetUnderlyingType(property.PropertyType) is { } underlying)
            return random.Next(3) == 0 ? null : Value(underlying, setting, random);
        return Value(property.PropertyType, setting, random);
    }

    private static object Value(Type type, SettingAttribute setting, Random random)
    {
        if (type == typeof(string))
            return Text(random);
        if (type == typeof(bool))
            return random.Next(2) == 0;
        if (type == typeof(int))
            return (int)Whole(setting, int.MaxValue, random);
        if (type == typeof(long))
            return Whole(setting, long.MaxValue, random);
        if (type == typeof(double))
            return Number(setting, random);
        if (type.IsGenericType)
            return Activator.CreateInstance(type)!; // a list
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length))!;
        return Record(type, random);
    }

    private static long Whole(SettingAttribute setting, long largest, Random random)
    {
        var min = (long)setting.Min;
        var max = setting.Max < largest ? (long)setting.Max : largest;
        return random.Next(4) switch
        {
            0 => min,
            1 => max,
            2 => random.NextInt64(min, Math.Min(max, min + 100) + 1),
            _ => random.NextInt64(min, max),
        };
    }

    private static double Number(SettingAttribute setting, Random random)
    {
        var min = Math.Max(setting.Min, -1e300);
        var max = Math.Min(setting.Max, 1e300);
        var least = setting.ExclusiveMin ? Math.BitIncrement(min) : min;
        return random.Next(4) switch
        {
            0 => least,
            1 => max,
            2 => Math.Clamp(BitConverter.Int64BitsToDouble(random.NextInt64(0x7FEF_FFFF_FFFF_FFFF)), least, max),
            _ => Math.Clamp(random.NextDouble(), least, max),
        };
    }

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Texts[random.Next(Texts.Length)]));
}
