using System.Buffers;
using System.Runtime.CompilerServices;
using DyT.Collectives;
using DyT.Runs;
using MessagePack;

namespace DyT.Cluster.Serialization;

/// <summary>Reading and writing of what several messages have in common, with bounds on everything that has a length.</summary>
internal static class Wire
{
    public const int LongestText = 100_000; // below the frame limit; the longest is a resolved configuration
    private const int MostMembers = 4096;
    private const int MemberFields = 5;
    private const int PlanFields = 4;
    private const int MostNumbers = 10_000;
    private const int LongestBytes = 256;

    private static readonly ConditionalWeakTable<GenerationPlan, byte[]> EncodedPlans = [];

    public static string Text(ref MessagePackReader reader) =>
        OptionalText(ref reader) ?? throw new MessagePackSerializationException("a text is missing");

    public static string? OptionalText(ref MessagePackReader reader)
    {
        var text = reader.ReadString();
        return text is null || text.Length <= LongestText ? text : throw new MessagePackSerializationException("a text is too long");
    }

    public static byte[] Bytes(ref MessagePackReader reader)
    {
        var bytes = reader.ReadBytes() ?? throw new MessagePackSerializationException("bytes are missing");
        if (bytes.Length > LongestBytes)
            throw new MessagePackSerializationException("there are too many bytes");
        var copy = new byte[bytes.Length];
        var at = 0;
        foreach (var segment in bytes)
        {
            segment.Span.CopyTo(copy.AsSpan(at));
            at += segment.Length;
        }

        return copy;
    }

    public static void Optional(ref MessagePackWriter writer, double? value)
    {
        if (value is { } number)
            writer.Write(number);
        else
            writer.WriteNil();
    }

    public static double? OptionalDouble(ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadDouble();

    public static TEnum Word<TEnum>(ref MessagePackReader reader)
        where TEnum : struct, Enum
    {
        var value = (TEnum)Enum.ToObject(typeof(TEnum), reader.ReadInt32());
        return Enum.IsDefined(value) ? value : throw new MessagePackSerializationException($"{value} is not a {typeof(TEnum).Name}");
    }

    /// <summary>A plan's fields. The same plan goes to each of its members: it is encoded once, and the bytes live as long as the plan.</summary>
    public static void Plan(ref MessagePackWriter writer, GenerationPlan plan) => writer.WriteRaw(EncodedPlans.GetValue(plan, Encode));

    private static byte[] Encode(GenerationPlan plan)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.Write(plan.RunId);
        writer.Write(plan.Number);
        writer.Write(plan.MicroShards);
        writer.WriteArrayHeader(plan.Members.Count * MemberFields);
        foreach (var member in plan.Members)
        {
            writer.Write(member.Name);
            writer.Write(member.Host);
            writer.Write(member.Port);
            writer.Write(member.Range.Start);
            writer.Write(member.Range.End);
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static GenerationPlan Plan(ref MessagePackReader reader)
    {
        var run = Text(ref reader);
        var number = reader.ReadInt64();
        var microShards = reader.ReadInt32();
        var members = new GenerationMember[MemberCount(ref reader)];
        for (var i = 0; i < members.Length; i++)
            members[i] = new GenerationMember(Text(ref reader), Text(ref reader), reader.ReadInt32(), new ShardRange(reader.ReadInt32(), reader.ReadInt32()));

        var at = 0;
        foreach (var member in members)
        {
            if (member.Range.Start != at || member.Range.End < at)
                throw new MessagePackSerializationException("the members' ranges do not tile the micro-shards");
            at = member.Range.End;
        }

        return at == microShards || members.Length == 0 ? new GenerationPlan(run, number, microShards, members) : throw new MessagePackSerializationException("the members' ranges do not tile the micro-shards");
    }

    /// <summary>A plan in an array of its own, or nil.</summary>
    public static void OptionalPlan(ref MessagePackWriter writer, GenerationPlan? plan)
    {
        if (plan is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(PlanFields);
        Plan(ref writer, plan);
    }

    public static GenerationPlan? OptionalPlan(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
            return null;
        var count = reader.ReadArrayHeader();
        return count == PlanFields ? Plan(ref reader) : throw new MessagePackSerializationException($"a plan has {PlanFields} fields, not {count}");
    }

    public static void Numbers(ref MessagePackWriter writer, IReadOnlyDictionary<string, double>? numbers)
    {
        if (numbers is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteMapHeader(numbers.Count);
        foreach (var (site, value) in numbers)
        {
            writer.Write(site);
            writer.Write(value);
        }
    }

    public static IReadOnlyDictionary<string, double>? Numbers(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
            return null;
        var count = reader.ReadMapHeader();
        if (count > MostNumbers)
            throw new MessagePackSerializationException("there are too many numbers");
        var numbers = new Dictionary<string, double>();
        for (var i = 0; i < count; i++)
            numbers[Text(ref reader)] = reader.ReadDouble();
        return numbers;
    }

    public static void Times(ref MessagePackWriter writer, StepTimes times)
    {
        writer.Write(times.Data);
        writer.Write(times.Forward);
        writer.Write(times.Backward);
        writer.Write(times.Reduce);
        writer.Write(times.Optimizer);
        writer.Write(times.Communication);
        writer.Write(times.Hidden);
    }

    public static StepTimes Times(ref MessagePackReader reader) => new()
    {
        Data = reader.ReadDouble(),
        Forward = reader.ReadDouble(),
        Backward = reader.ReadDouble(),
        Reduce = reader.ReadDouble(),
        Optimizer = reader.ReadDouble(),
        Communication = reader.ReadDouble(),
        Hidden = reader.ReadDouble(),
    };

    private static int MemberCount(ref MessagePackReader reader)
    {
        var values = reader.ReadArrayHeader();
        return values % MemberFields == 0 && values <= MostMembers * MemberFields
            ? values / MemberFields
            : throw new MessagePackSerializationException($"{values} values are not a list of members");
    }
}
