namespace DyT.Collectives;

/// <summary>One worker of a generation: where its data plane listens, and which micro-shards are its own.</summary>
public sealed record GenerationMember(string Name, string Host, int Port, ShardRange Range);

/// <summary>One fixed membership. Members stand in rank order and their ranges tile [0, MicroShards).</summary>
public sealed record GenerationPlan(string RunId, long Number, int MicroShards, IReadOnlyList<GenerationMember> Members)
{
    public int WorldSize => Members.Count;

    /// <summary>Rank of the member with this name, or -1.</summary>
    public int RankOf(string name)
    {
        for (var rank = 0; rank < Members.Count; rank++)
        {
            if (Members[rank].Name == name)
                return rank;
        }

        return -1;
    }
}
