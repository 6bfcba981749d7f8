using System.Text.Json;
using System.Text.Json.Serialization;
using DyT.Config;

namespace DyT.Bench.Collective;

public enum CollectiveOperation
{
    AllReduce,
    ReduceScatter,
    AllGather,
}

/// <summary>What every rank times: each operation at each size (bytes of the whole buffer), so long.</summary>
public sealed record RankWork(CollectiveOperation[] Operations, int[] Bytes, double Seconds, DataTransport Transport, WireType Wire, int Streams)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) } };
}

/// <summary>What a rank is told once everyone listens.</summary>
public sealed record RankOrder(int Rank, int[] Ports, RankWork Work);

/// <summary>The median, over executions, of the slowest rank's time.</summary>
public sealed record CollectiveFigure(CollectiveOperation Operation, int Ranks, DataTransport Transport, WireType Wire, int Streams, int Bytes, double Microseconds, int Samples);
