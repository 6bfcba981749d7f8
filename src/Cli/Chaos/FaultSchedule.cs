using System.Globalization;
using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>Which faults hit a run, and when: a pure function of the seed.</summary>
public static class FaultSchedule
{
    /// <summary>The schedule of a run's <c>chaos</c> section.</summary>
    /// <exception cref="UserErrorException">The faults do not fit into the run.</exception>
    public static IReadOnlyList<Fault> Of(RunConfig config) => Create(
        config.Chaos.Seed, config.Chaos.Faults, config.Chaos.FaultKinds, config.Cluster.Workers, config.Train.Steps, FaultBounds.Of(config));

    /// <summary>
    /// Faults in the order in which they are due, spread over the run. The kinds are dealt from shuffled decks that hold each once, so that each occurs as soon as there
    /// are as many faults as kinds. Workers are counted along: none is hit that was drained, and drains and joins stay within the bounds.
    /// </summary>
    /// <exception cref="UserErrorException">They do not fit into the run.</exception>
    public static IReadOnlyList<Fault> Create(long seed, int count, IReadOnlyList<FaultKind> kinds, int workers, long steps, FaultBounds bounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        if (count == 0)
            return [];
        var numbers = new SeededNumbers(seed);
        var places = Places(numbers, count, steps, bounds);
        var deck = Deal(numbers, count, kinds);
        var dealer = new FaultDealer(numbers, workers, bounds);
        var faults = new List<Fault>(count);
        foreach (var place in places)
        {
            // A drain that would leave too few workers waits for the next join, and the other way round.
            var next = deck.FindIndex(dealer.Allows);
            var kind = next >= 0 ? deck[next] : Substitute(numbers, kinds, dealer, faults.Count);
            deck.RemoveAt(Math.Max(next, 0));
            faults.Add(dealer.Make(kind, place));
        }

        return faults;
    }

    private static FaultKind Substitute(SeededNumbers numbers, IReadOnlyList<FaultKind> kinds, FaultDealer dealer, int made)
    {
        var possible = kinds.Distinct().Where(dealer.Allows).ToArray();
        return possible.Length > 0
            ? possible[numbers.Below(possible.Length)]
            : throw new UserErrorException(
                string.Create(CultureInfo.InvariantCulture, $"After {made} faults of these kinds no worker may leave or join any more; lower chaos.faults or cluster.min_workers, or add other kinds to chaos.kinds."),
                UserErrorException.Usage);
    }

    private static List<FaultKind> Deal(SeededNumbers numbers, int count, IReadOnlyList<FaultKind> kinds)
    {
        var each = kinds.Distinct().Order().ToArray();
        if (each.Length == 0)
            throw new UserErrorException("chaos.kinds names no kind of fault.", UserErrorException.Usage);
        var deck = new List<FaultKind>(count);
        while (deck.Count < count)
        {
            numbers.Shuffle(each);
            deck.AddRange(each.Take(count - deck.Count));
        }

        return deck;
    }

    /// <summary>
    /// Ascending steps. What the least distances leave over of the run is divided into as many parts as there are faults, and each is placed within its own:
    /// regular enough to reach every part of the run, irregular enough to meet every phase of a step.
    /// </summary>
    private static long[] Places(SeededNumbers numbers, int count, long steps, FaultBounds bounds)
    {
        var first = Math.Max(1, (long)Math.Ceiling(bounds.Quiet * steps));
        // After the last step nothing is left that a fault could disturb.
        var last = Math.Min(steps - 1, (long)Math.Floor((1 - bounds.Quiet) * steps));
        var spare = last - first - (count - 1) * (long)bounds.MinSpacing;
        if (spare < 0)
        {
            throw new UserErrorException(
                string.Create(CultureInfo.InvariantCulture, $"chaos.faults ({count}), {bounds.MinSpacing} steps apart, do not fit into train.steps ({steps}) with {bounds.Quiet:0.##} of them quiet at either end; use fewer faults or more steps."),
                UserErrorException.Usage);
        }

        var places = new long[count];
        for (var i = 0; i < count; i++)
        {
            var share = (i + numbers.Share()) / count;
            places[i] = first + (long)i * bounds.MinSpacing + Math.Min(spare, (long)(share * (spare + 1)));
        }

        return places;
    }
}
