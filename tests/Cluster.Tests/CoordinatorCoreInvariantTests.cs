using CsCheck;
using DyT.Cluster.Messages;
using DyT.Config;
using DyT.Coordinator.Core;
using DyT.Runs;

namespace DyT.Cluster.Tests;

/// <summary>Whatever happens, in whatever order: what must hold of every decision.</summary>
public sealed class CoordinatorCoreInvariantTests
{
    private const int MicroShards = 3;
    private const int MinWorkers = 2;
    private const int Names = 5;

    private enum What { Register, Restart, Ready, Fail, FailStale, Acknowledge, Lose, RollCallOver, Ended, WaitedTooLong, Stop }

    [Fact]
    public void Generations_are_lawful_and_the_run_can_always_go_on() =>
        Gen.Select(Gen.Enum<What>(), Gen.Int[0, Names - 1]).Array[0, 80].Sample(happenings =>
        {
            var world = new World();
            foreach (var (what, who) in happenings)
            {
                // A stop is rare, or no sequence would get far.
                if (what != What.Stop || who == 0)
                    world.Happen(what, who);
            }

            world.GoOn();
        }, iter: 3_000, threads: 1);

    private sealed class World
    {
        private readonly CoordinatorCore _core = new("run", new RunConfig
        {
            Train = new TrainConfig { GlobalBatch = MicroShards, MicroBatch = 1, Steps = 10 },
            Cluster = new ClusterConfig { Workers = 3, MinWorkers = MinWorkers },
        });

        private readonly int[] _incarnation = new int[Names];
        private readonly HashSet<string> _registered = [];
        private long _generation;
        private int _attempt;
        private bool _running;
        private bool _stopping;
        private bool _over;

        public World() => Check(_core.Started());

        public void Happen(What what, int who)
        {
            var (name, incarnation) = ($"w{who}", $"{_incarnation[who]}");
            switch (what)
            {
                case What.Register:
                    Register(name, incarnation);
                    break;
                case What.Restart:
                    Register(name, $"{++_incarnation[who]}");
                    break;
                case What.Ready:
                    Check(_core.Ready(new WorkerReady(name, incarnation, 3)));
                    break;
                case What.Fail:
                    Check(_core.Failed(new GenerationFailed(name, _generation, 4, null, "why")));
                    break;
                case What.FailStale:
                    Assert.Empty(_core.Failed(new GenerationFailed(name, _generation - 1, 4, null, "why")));
                    break;
                case What.Acknowledge:
                    _core.Acknowledged(new AbortReceived(name, _generation));
                    break;
                case What.Lose:
                    Check(_core.Lost(name, incarnation));
                    break;
                case What.RollCallOver:
                    Check(_core.RollCallOver(_generation));
                    break;
                case What.Ended:
                    Check(_core.Ended(new SessionEnded(name, _generation, RunOutcome.Finished, 10, "done")));
                    break;
                case What.WaitedTooLong:
                    Check(_core.WaitedTooLong(_attempt));
                    break;
                case What.Stop:
                    _stopping = true;
                    Check(_core.StopRequested());
                    break;
            }
        }

        /// <summary>From every state, timers and enough new workers lead to a generation, unless the run is over.</summary>
        public void GoOn()
        {
            // The members of a roll call that remain silent: twice is the last time.
            Happen(What.RollCallOver, 0);
            Happen(What.RollCallOver, 0);
            for (var who = 0; who < MinWorkers && _core.Plan is null && !_over; who++)
            {
                Happen(What.Restart, who);
                Happen(What.Ready, who);
            }

            Assert.True(_over || _core.Plan is not null, "stuck");
            Assert.Equal(_over, _core.IsOver);
        }

        private void Register(string name, string incarnation)
        {
            var actions = _core.Registered(new Register(name, incarnation, "host", 1000, "m", "b", []), out var refusal);
            Assert.Equal(_over, refusal is not null);
            foreach (var action in actions.OfType<DropWorker>())
                Assert.Equal(name, action.Name);
            Check(actions);
            if (refusal is null)
                _registered.Add(name);
        }

        private void Check(IEnumerable<CoordinatorAction> actions)
        {
            foreach (var action in actions)
            {
                switch (action)
                {
                    case StartMembers start:
                        Assert.False(_over, "a generation after the end");
                        Assert.False(_running, "a generation while another one runs");
                        Assert.Equal(_generation + 1, start.Plan.Number);
                        Assert.InRange(start.Plan.WorldSize, _stopping ? 1 : MinWorkers, MicroShards);
                        Assert.All(start.Plan.Members, m => Assert.Contains(m.Name, _registered));
                        Assert.Equal(start.Plan.Members.Select(m => m.Name).Order(StringComparer.Ordinal).Distinct(), start.Plan.Members.Select(m => m.Name));
                        Assert.Equal(0, start.Plan.Members[0].Range.Start);
                        Assert.Equal(start.Plan.Members.Skip(1).Select(m => m.Range.Start).Append(MicroShards), start.Plan.Members.Select(m => m.Range.End));
                        _generation++;
                        _running = true;
                        break;
                    case AbortMembers abort:
                        Assert.True(_running, "an abort of nothing");
                        Assert.Equal(_generation, abort.Generation);
                        _running = false;
                        break;
                    case DropWorker drop:
                        Assert.True(_registered.Remove(drop.Name));
                        break;
                    case StartWaiting waiting:
                        Assert.True(waiting.Attempt > _attempt);
                        _attempt = waiting.Attempt;
                        break;
                    case EndRun:
                        Assert.False(_over, "two ends");
                        _over = true;
                        break;
                }
            }
        }
    }
}
