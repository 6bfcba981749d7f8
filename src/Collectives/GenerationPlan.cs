using System.Security.Cryptography;
using System.Text;

namespace DyT.Collectives;

/// <summary>
/// One worker of a generation: where its data plane listens, and which micro-shards are its own. A member with an empty range is an observer: it takes part in
/// every collective and receives every sum, but computes no gradients (a hot spare, or a joiner whose state is still on its way).
/// </summary>
public sealed record GenerationMember(string Name, string Host, int Port, ShardRange Range)
{
    public bool IsObserver => Range.Count == 0;
}

/// <summary>One fixed membership. Members stand in rank order and their ranges tile [0, MicroShards).</summary>
public sealed record GenerationPlan(string RunId, long Number, int MicroShards, IReadOnlyList<GenerationMember> Members)
{
    private readonly RankIndex _ranks = new();

    /// <summary>Bytes of <see cref="Digest"/>.</summary>
    public const int DigestBytes = 32;

    public int WorldSize => Members.Count;

    /// <summary>The first rank that computes: it reports steps and writes checkpoints.</summary>
    public int LeadRank
    {
        get
        {
            for (var rank = 0; rank < Members.Count; rank++)
            {
                if (!Members[rank].IsObserver)
                    return rank;
            }

            return -1;
        }
    }

    /// <summary>Rank of the member with this name, or -1. The coordinator asks for every sign of life of every worker: a look-up after the first time.</summary>
    public int RankOf(string name) => _ranks.Of(Members).GetValueOrDefault(name, -1);

    /// <summary>
    /// SHA-256 over everything in the plan. Peers compare it when they connect, so that two plans of the same number, made by coordinators that did not know
    /// of each other, never mix.
    /// </summary>
    public byte[] Digest()
    {
        var text = new StringBuilder();
        text.Append(RunId.Length).Append(':').Append(RunId).Append('|').Append(Number).Append('|').Append(MicroShards);
        foreach (var m in Members)
            text.Append('|').Append(m.Name.Length).Append(':').Append(m.Name).Append(m.Host.Length).Append(':').Append(m.Host).Append(m.Port).Append(',').Append(m.Range.Start).Append(',').Append(m.Range.End);
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>
    /// Ranks by name, made when they are first asked for. A part of the plan's working, not of what it says: all are equal, and a copy with other members
    /// makes its own.
    /// </summary>
    private sealed class RankIndex : IEquatable<RankIndex>
    {
        private volatile Entry? _entry;

        public Dictionary<string, int> Of(IReadOnlyList<GenerationMember> members)
        {
            if (_entry is { } known && ReferenceEquals(known.Members, members))
                return known.Ranks;
            var ranks = new Dictionary<string, int>(members.Count);
            for (var rank = 0; rank < members.Count; rank++)
                ranks.TryAdd(members[rank].Name, rank);
            _entry = new Entry(members, ranks);
            return ranks;
        }

        public bool Equals(RankIndex? other) => other is not null;

        public override bool Equals(object? obj) => obj is RankIndex;

        public override int GetHashCode() => 0;

        private sealed record Entry(IReadOnlyList<GenerationMember> Members, Dictionary<string, int> Ranks);
    }
}
