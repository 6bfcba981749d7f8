namespace DyT.Cluster.Tests.Simulation;

/// <summary>
/// Messages between processes: in order for each pair, any order between pairs, lost with some probability, and from time to time so late that sender or
/// receiver has changed meanwhile.
/// </summary>
internal sealed class Network(Clock clock)
{
    private readonly Dictionary<(string From, string To), TimeSpan> _last = [];
    private readonly HashSet<string> _cutOff = [];

    public double LossProbability { get; set; }

    public double LateProbability { get; set; }

    public long Lost { get; private set; }

    public void CutOff(string name) => _cutOff.Add(name);

    public void Reconnect(string name) => _cutOff.Remove(name);

    public bool Reach(string a, string b) => _cutOff.Contains(a) == _cutOff.Contains(b);

    public void Send(string from, string to, Action deliver)
    {
        if (clock.Chance(LossProbability) || !Reach(from, to))
        {
            Lost++;
            return;
        }

        var latency = clock.Milliseconds(0.2, clock.Chance(0.1) ? 60 : 3);
        if (clock.Chance(LateProbability))
        {
            clock.After(latency + clock.Milliseconds(500, 8000), deliver); // overtaken by everything after it
            return;
        }

        var at = clock.Now + TimeSpan.FromMilliseconds(latency);
        if (_last.TryGetValue((from, to), out var last) && last > at)
            at = last;
        _last[(from, to)] = at;
        clock.After((at - clock.Now).TotalMilliseconds, () =>
        {
            if (Reach(from, to))
                deliver();
        });
    }
}
