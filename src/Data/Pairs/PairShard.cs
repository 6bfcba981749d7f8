using System.Security.Cryptography;
using DyT.Config;

namespace DyT.Data.Pairs;

/// <summary>
/// Pairs as tokens: a token shard with the sources' and one with the targets', each beside one of the segments' lengths. Reading is safe from several threads; disposing is
/// not safe while another thread reads.
/// </summary>
public sealed class PairShard : IDisposable
{
    /// <summary>Names the lengths' shards, which hold no tokens.</summary>
    internal static readonly string LengthsHash = Convert.ToHexStringLower(SHA256.HashData("dyt lengths of segments"u8));

    private readonly Side _source;
    private readonly Side _target;

    private PairShard(Side source, Side target)
    {
        _source = source;
        _target = target;
    }

    /// <summary>Pairs in the shard.</summary>
    public int Count => _source.Count;

    /// <summary>SHA-256 over all of it as the headers name it, lowercase hexadecimal.</summary>
    public string ContentHash
    {
        get
        {
            using var digest = new Digest();
            foreach (var hash in _source.Hashes.Concat(_target.Hashes)) digest.Add(hash);
            return digest.Hex();
        }
    }

    /// <summary>Tokens of all sources and all targets.</summary>
    public long Tokens => _source.Tokens + _target.Tokens;

    /// <summary>Opens what <see cref="PairShardWriter"/> wrote under a name.</summary>
    /// <param name="path">Folder and name without an ending.</param>
    /// <param name="sourceHash">Vocabulary hash of the source's tokenizer.</param>
    /// <param name="targetHash">Of the target's.</param>
    /// <exception cref="UserErrorException">Missing, damaged, or of other vocabularies.</exception>
    public static PairShard Open(string path, string sourceHash, string targetHash)
    {
        var source = Side.Open(path, "source", sourceHash);
        try
        {
            var target = Side.Open(path, "target", targetHash);
            if (source.Count == target.Count) return new PairShard(source, target);
            target.Dispose();
            throw new UserErrorException($"{path}: it has {source.Count} sources and {target.Count} targets; delete its folder and start again, which prepares the data anew.");
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Tokens of a pair's source, without marks.</summary>
    public int SourceLength(int pair) => _source.Length(pair);

    public int TargetLength(int pair) => _target.Length(pair);

    /// <param name="pair">0..Count-1.</param>
    /// <param name="tokens">(<see cref="SourceLength"/>) tokens.</param>
    public void ReadSource(int pair, Span<long> tokens) => _source.Read(pair, tokens);

    /// <param name="pair">0..Count-1.</param>
    /// <param name="tokens">(<see cref="TargetLength"/>) tokens.</param>
    public void ReadTarget(int pair, Span<long> tokens) => _target.Read(pair, tokens);

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    internal static string TokensFile(string path, string side) => $"{path}.{side}.tokens";

    internal static string LengthsFile(string path, string side) => $"{path}.{side}.lengths";

    /// <summary>Segments of one side: where each begins among the tokens.</summary>
    private sealed class Side : IDisposable
    {
        private readonly TokenShard _tokens;
        private readonly long[] _starts; // [Count + 1]

        private Side(TokenShard tokens, long[] starts, string lengthsHash)
        {
            _tokens = tokens;
            _starts = starts;
            Hashes = [tokens.ContentHash, lengthsHash];
        }

        public int Count => _starts.Length - 1;

        public long Tokens => _tokens.Count;

        public IReadOnlyList<string> Hashes { get; }

        public static Side Open(string path, string side, string vocabHash)
        {
            using var lengths = TokenShard.Open(LengthsFile(path, side), LengthsHash);
            if (lengths.Count >= int.MaxValue)
                throw new UserErrorException($"{lengths.Path}: it has {lengths.Count} segments, more than this program holds; use fewer pairs.");
            var starts = new long[lengths.Count + 1];
            lengths.Read(0, starts.AsSpan(1));
            for (var i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
            var tokens = TokenShard.Open(TokensFile(path, side), vocabHash);
            if (starts[^1] == tokens.Count) return new Side(tokens, starts, lengths.ContentHash);
            tokens.Dispose();
            throw new UserErrorException($"{lengths.Path}: its lengths sum up to {starts[^1]}, but there are {tokens.Count} tokens; delete its folder and start again, which prepares the data anew.");
        }

        public int Length(int segment) => (int)(_starts[segment + 1] - _starts[segment]);

        public void Read(int segment, Span<long> tokens)
        {
            if (tokens.Length != Length(segment)) throw new ArgumentException($"Room for {tokens.Length} tokens instead of {Length(segment)}.", nameof(tokens));
            _tokens.Read(_starts[segment], tokens);
        }

        public void Dispose() => _tokens.Dispose();
    }
}
