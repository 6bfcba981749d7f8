using DyT.Training.Optimization;

namespace DyT.Training.Sharding;

/// <summary>What one rank says of its state when pieces are dealt out.</summary>
public sealed record ShardRecord
{
    private const int FixedFields = 11;
    private const int MostRanges = 1 << 15; // 32 slices of each of 1024 workers' pieces
    private const long LeftOutFlag = 1;

    /// <summary>The step of its weights; -1 while they are of several steps, or none.</summary>
    public long WeightsStep { get; init; } = -1;

    /// <summary>Of the weights, where they are of one step.</summary>
    public UInt128 Hash { get; init; }

    /// <summary>The last step with an evaluation.</summary>
    public long Evaluated { get; init; }

    /// <summary>How many steps it knows to be skipped.</summary>
    public long Skipped { get; init; }

    /// <summary>The step of the held moments, and of the weights of those elements; -1: none.</summary>
    public long HeldStep { get; init; } = -1;

    /// <summary>The guard left out the update of <see cref="HeldStep"/>: it is the same as the step before.</summary>
    public bool LeftOut { get; init; }

    /// <summary>The step whose moments it can read from a checkpoint (0: all zero, without one); -1: none.</summary>
    public long DiskStep { get; init; } = -1;

    /// <summary>The step whose summed gradients it has; -1: none.</summary>
    public long SummedStep { get; init; } = -1;

    public double LearningRate { get; init; }

    public float GradientScale { get; init; }

    /// <summary>Elements whose moments it holds: each range is one segment.</summary>
    public IReadOnlyList<FlatRange> Held { get; init; } = [];

    public SummedGradients? Summed => SummedStep < 0 ? null : new SummedGradients(SummedStep, LearningRate, GradientScale);

    public long[] Encode()
    {
        var fields = new long[FixedFields + Held.Count];
        fields[0] = WeightsStep;
        fields[1] = (long)(ulong)Hash;
        fields[2] = (long)(ulong)(Hash >> 64);
        fields[3] = Evaluated;
        fields[4] = Skipped;
        fields[5] = HeldStep;
        fields[6] = LeftOut ? LeftOutFlag : 0;
        fields[7] = DiskStep;
        fields[8] = SummedStep;
        fields[9] = BitConverter.DoubleToInt64Bits(LearningRate);
        fields[10] = BitConverter.SingleToInt32Bits(GradientScale);
        for (var i = 0; i < Held.Count; i++)
            fields[FixedFields + i] = ((long)Held[i].Start << 32) | (uint)Held[i].End;
        return fields;
    }

    /// <param name="fields">As <see cref="Encode"/> leaves them.</param>
    /// <param name="length">Elements of the flat buffer.</param>
    /// <exception cref="InvalidDataException">No rank of this run says such a thing.</exception>
    public static ShardRecord Decode(ReadOnlySpan<long> fields, int length)
    {
        if (fields.Length is < FixedFields or > FixedFields + MostRanges)
            throw new InvalidDataException($"a peer described its state by {fields.Length} numbers");
        var held = new List<FlatRange>();
        foreach (var field in fields[FixedFields..])
        {
            var range = new FlatRange((int)(field >> 32), (int)(uint)field);
            if (range.Start < 0 || range.IsEmpty || range.End > length)
                throw new InvalidDataException($"a peer holds elements {range.Start}..{range.End - 1} of {length}");
            held.Add(range);
        }

        return new ShardRecord
        {
            WeightsStep = fields[0],
            Hash = new UInt128((ulong)fields[2], (ulong)fields[1]),
            Evaluated = fields[3],
            Skipped = fields[4],
            HeldStep = fields[5],
            LeftOut = (fields[6] & LeftOutFlag) != 0,
            DiskStep = fields[7],
            SummedStep = fields[8],
            LearningRate = BitConverter.Int64BitsToDouble(fields[9]),
            GradientScale = BitConverter.Int32BitsToSingle((int)fields[10]),
            Held = held,
        };
    }
}
