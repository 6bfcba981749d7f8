using DyT.Cluster.Messages;
using DyT.Coordinator.Core;

namespace DyT.Cluster.Tests;

/// <summary>Whose registration is accepted, and how often.</summary>
public sealed class RegistrationTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly Register Asking = new("w0", "inc", "host", 1, "machine", "build", [], []);

    private readonly RegistrationChallenges _challenges = new(Secret, key: [.. Enumerable.Repeat((byte)7, 32)]);

    private Register Answer(TimeSpan now, Register? asking = null, byte[]? secret = null)
    {
        asking ??= Asking;
        return RegistrationProof.Sign(asking with { Challenge = _challenges.For(asking.Name, asking.Incarnation, now) }, secret ?? Secret);
    }

    [Fact]
    public void A_registration_is_proven_by_the_secret_over_every_field()
    {
        var signed = RegistrationProof.Sign(Asking with { Challenge = [1, 2, 3] }, Secret);
        Assert.True(RegistrationProof.IsValid(signed, Secret));
        Assert.False(RegistrationProof.IsValid(signed, new byte[32]));
        Register[] altered =
        [
            signed with { Name = "w1" }, signed with { Incarnation = "x" }, signed with { Host = "h" }, signed with { DataPort = 2 }, signed with { Machine = "m" },
            signed with { Build = "b" }, signed with { Challenge = [1, 2, 4] }, signed with { Challenge = [] }, signed with { Proof = [] },
            signed with { Name = "w0i", Incarnation = "nc" },
        ];
        Assert.All(altered, r => Assert.False(RegistrationProof.IsValid(r, Secret)));
    }

    [Fact]
    public void A_registration_without_an_answer_is_asked_for_one_whatever_its_proof()
    {
        Assert.Equal(RegistrationVerdict.Unanswered, _challenges.Judge(Asking, TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Unanswered, _challenges.Judge(RegistrationProof.Sign(Asking, Secret), TimeSpan.Zero));
    }

    [Fact]
    public void An_answer_without_the_secret_is_refused()
    {
        Assert.Equal(RegistrationVerdict.Unproven, _challenges.Judge(Answer(TimeSpan.Zero, secret: new byte[32]), TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Unproven, _challenges.Judge(Answer(TimeSpan.Zero) with { Host = "elsewhere" }, TimeSpan.Zero));
    }

    [Fact]
    public void An_answer_counts_once_and_the_worker_can_register_again_with_another()
    {
        var first = Answer(TimeSpan.Zero);
        Assert.Equal(RegistrationVerdict.Accepted, _challenges.Judge(first, TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Stale, _challenges.Judge(first, TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Accepted, _challenges.Judge(Answer(TimeSpan.Zero), TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Stale, _challenges.Judge(first, TimeSpan.Zero));
    }

    [Fact]
    public void An_answer_that_was_held_back_while_the_next_process_of_that_name_registered_is_stale()
    {
        var held = Answer(TimeSpan.Zero);
        Assert.Equal(RegistrationVerdict.Accepted, _challenges.Judge(Answer(TimeSpan.Zero, Asking with { Incarnation = "next" }), TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Stale, _challenges.Judge(held, TimeSpan.Zero));
    }

    [Fact]
    public void Others_who_ask_or_register_take_nobodys_challenge_away()
    {
        var mine = Answer(TimeSpan.Zero);
        var others = Enumerable.Range(1, 100).Select(i => Asking with { Name = $"w{i}" }).ToList();
        Assert.All(others, o => Assert.Equal(RegistrationVerdict.Accepted, _challenges.Judge(Answer(TimeSpan.Zero, o), TimeSpan.Zero)));
        Assert.Equal(RegistrationVerdict.Unanswered, _challenges.Judge(Asking, TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Accepted, _challenges.Judge(mine, TimeSpan.Zero));
    }

    [Fact]
    public void A_challenge_is_for_one_process_alone()
    {
        var nonce = _challenges.For("w0", "inc", TimeSpan.Zero);
        Register[] others = [Asking with { Name = "w1" }, Asking with { Incarnation = "other" }, Asking with { Name = "w0i", Incarnation = "nc" }];
        Assert.All(others, o => Assert.Equal(RegistrationVerdict.Stale, _challenges.Judge(RegistrationProof.Sign(o with { Challenge = nonce }, Secret), TimeSpan.Zero)));
    }

    [Fact]
    public void A_challenge_lapses_after_its_window_and_the_next()
    {
        var late = RegistrationChallenges.Window - TimeSpan.FromTicks(1);
        Assert.Equal(RegistrationVerdict.Stale, _challenges.Judge(Answer(late), late + RegistrationChallenges.Window + TimeSpan.FromTicks(1)));
        Assert.Equal(RegistrationVerdict.Accepted, _challenges.Judge(Answer(late), late + RegistrationChallenges.Window));
    }

    [Fact]
    public void Another_coordinator_asks_anew()
    {
        var recorded = Answer(TimeSpan.Zero);
        var next = new RegistrationChallenges(Secret, key: new byte[32]);
        Assert.Equal(RegistrationVerdict.Stale, next.Judge(recorded, TimeSpan.Zero));
        Assert.Equal(RegistrationVerdict.Accepted, next.Judge(RegistrationProof.Sign(Asking with { Challenge = next.For("w0", "inc", TimeSpan.Zero) }, Secret), TimeSpan.Zero));
    }
}
