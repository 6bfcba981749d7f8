namespace DyT.Fuzz.Tests.Engine;

/// <summary>
/// What is mutated: the seeds, inputs whose answer was new (which stands in for the coverage that is not measured), and the last few inputs that
/// were accepted, so that mutations add up.
/// </summary>
internal sealed class Pool(IReadOnlyList<byte[]> seeds)
{
    private const int MostNew = 256;
    private const int MostAccepted = 32;
    private const int ComparedCharacters = 100;

    private readonly HashSet<string> _answers = [];
    private readonly List<byte[]> _new = [];
    private readonly List<byte[]> _accepted = [];

    public int Answers => _answers.Count;

    public byte[] Pick(Random random) => random.Next(4) switch
    {
        0 when _new.Count > 0 => _new[random.Next(_new.Count)],
        1 when _accepted.Count > 0 => _accepted[random.Next(_accepted.Count)],
        _ => seeds[random.Next(seeds.Count)],
    };

    public void Learn(byte[] input, Verdict verdict, Random random)
    {
        if (verdict.Accepted)
        {
            if (_accepted.Count < MostAccepted)
                _accepted.Add(input);
            else
                _accepted[random.Next(MostAccepted)] = input;
        }
        else if (_new.Count < MostNew && _answers.Add(Words(verdict.Answer ?? "")))
        {
            _new.Add(input);
        }
    }

    /// <summary>The sentence without what it quotes: two that differ in numbers or names only are the same answer.</summary>
    private static string Words(string answer)
    {
        Span<char> words = stackalloc char[ComparedCharacters];
        var count = 0;
        var quoted = false;
        foreach (var c in answer)
        {
            quoted ^= c == '\'';
            if (!quoted && char.IsAsciiLetter(c))
                words[count++] = c;
            if (count == ComparedCharacters)
                break;
        }

        return new string(words[..count]);
    }
}
