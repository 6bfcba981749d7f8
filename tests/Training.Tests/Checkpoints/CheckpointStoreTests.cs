using DyT.Training.Checkpoints;

namespace DyT.Training.Tests.Checkpoints;

public sealed class CheckpointStoreTests
{
    private static readonly List<NamedTensor> Weights = [new("a", [2], new float[] { 1, 2 }), new("b", [1], new float[] { 3 })];
    private static readonly List<NamedTensor> Moments = [new("m/a", [2], new float[] { 4, 5 }), new("m/b", [1], new float[] { 6 })];

    private static TrainingState State(long step) => new() { Step = step, EvaluatedStep = 0, Seed = 1, DataHash = "d", VocabHash = "v", Threads = 1, GuardHistory = [1.5, double.Epsilon] };

    private static CheckpointStore Store(Scratch scratch, params long[] steps)
    {
        var store = new CheckpointStore(scratch.At("checkpoints"));
        foreach (var step in steps)
            store.Save(Weights, Moments, State(step));
        return store;
    }

    [Fact]
    public void What_was_saved_comes_back_whole()
    {
        using var scratch = new Scratch();
        var checkpoint = Store(scratch, 7).NewestValid(Assert.Fail)!;
        var (weights, moments) = (Weights.ConvertAll(t => t with { Values = new float[t.Values.Length] }), Moments.ConvertAll(t => t with { Values = new float[t.Values.Length] }));
        checkpoint.LoadWeights(weights);
        checkpoint.LoadOptimizer(moments);
        Assert.Equal([1f, 2, 3], weights.SelectMany(t => t.Values.ToArray()));
        Assert.Equal([4f, 5, 6], moments.SelectMany(t => t.Values.ToArray()));
        Assert.Equivalent(State(7), checkpoint.State);
        Assert.Equal(WeightsHash.Of(Weights), checkpoint.Manifest.WeightsHash);
    }

    [Fact]
    public void The_hash_of_given_weights_never_changes() =>
        Assert.Equal("c0d5ae2fc785daccd05e8ace7b3dc8dfeecb0b87f6c9ec14e1b900facb417c51", WeightsHash.Of(Weights)); // computed by another program

    public static TheoryData<string, string> Damages => new()
    {
        { Checkpoint.WeightsName, "truncate" },
        { Checkpoint.WeightsName, "alter" },
        { Checkpoint.WeightsName, "delete" },
        { Checkpoint.OptimizerName, "alter" },
        { Checkpoint.StateName, "truncate" },
        { Checkpoint.ManifestName, "truncate" },
        { Checkpoint.ManifestName, "delete" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_checkpoint_is_named_and_the_one_before_it_used(string file, string how)
    {
        using var scratch = new Scratch();
        var store = Store(scratch, 1, 2);
        var path = Path.Combine(store.List()[0].Path, file);
        var bytes = File.ReadAllBytes(path);
        switch (how)
        {
            case "truncate":
                File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
                break;
            case "alter":
                bytes[^1] ^= 1;
                File.WriteAllBytes(path, bytes);
                break;
            default:
                File.Delete(path);
                break;
        }

        var told = new List<string>();
        Assert.Equal(1, store.NewestValid(told.Add)!.State.Step);
        var sentence = Assert.Single(told);
        Assert.Contains("step-00000002", sentence, StringComparison.Ordinal);
        Assert.Contains(file, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence);
    }

    [Fact]
    public void When_all_are_damaged_there_is_none()
    {
        using var scratch = new Scratch();
        var store = Store(scratch, 1, 2);
        foreach (var (_, path) in store.List())
            File.Delete(Path.Combine(path, Checkpoint.ManifestName));
        var told = new List<string>();
        Assert.Null(store.NewestValid(told.Add));
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public void When_the_one_that_is_read_is_pruned_meanwhile_the_then_newest_is_taken()
    {
        using var scratch = new Scratch();
        var store = Store(scratch, 1, 2, 3);
        Directory.Move(scratch.At("checkpoints/step-00000003"), scratch.At("later"));
        File.Delete(scratch.At("checkpoints/step-00000002/manifest.json"));
        var told = new List<string>();
        var newest = store.NewestValid(message =>
        {
            // Between the look at the folder and the opening of step 1, a writer finishes step 3 and prunes what is older.
            told.Add(message);
            Directory.Delete(scratch.At("checkpoints/step-00000001"), recursive: true);
            Directory.Move(scratch.At("later"), scratch.At("checkpoints/step-00000003"));
        });
        Assert.Equal(3, newest!.State.Step);
        Assert.Contains("step-00000002", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_vanishes_while_it_is_used_gives_way_to_the_next_and_other_failures_are_told()
    {
        using var scratch = new Scratch();
        var store = Store(scratch, 1, 2);
        var tried = new List<long>();
        Assert.True(store.UseNewest(
            checkpoint =>
            {
                tried.Add(checkpoint.State.Step);
                if (checkpoint.State.Step == 2)
                    Directory.Delete(checkpoint.Path, recursive: true);
                checkpoint.LoadWeights(Weights);
            },
            Assert.Fail));
        Assert.Equal([2L, 1], tried);

        Assert.Throws<CheckpointException>(() => store.UseNewest(checkpoint => checkpoint.LoadWeights(Moments), Assert.Fail)); // of another model
        Assert.False(store.UseNewest(
            checkpoint =>
            {
                Directory.Delete(checkpoint.Path, recursive: true);
                checkpoint.LoadWeights(Weights);
            },
            Assert.Fail));
    }

    [Fact]
    public void The_same_step_saved_again_takes_the_place_of_the_first()
    {
        using var scratch = new Scratch();
        var store = Store(scratch, 1);
        store.Save([new("a", [1], new float[] { 9 })], [], State(1));
        var back = new float[1];
        store.NewestValid(Assert.Fail)!.LoadWeights([new("a", [1], back)]);
        Assert.Equal(9, back[0]);
        Assert.Single(Directory.GetFileSystemEntries(scratch.At("checkpoints")));
    }

    [Fact]
    public void Half_written_ones_are_invisible_and_swept_away_by_the_next()
    {
        using var scratch = new Scratch();
        var store = Store(scratch, 1);
        var leftover = scratch.At("checkpoints/.tmp-step-00000002");
        Directory.CreateDirectory(leftover);
        Directory.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddHours(-2)); // a younger one may be in work
        Assert.Equal([1L], store.List().Select(c => c.Step));
        store.Save(Weights, Moments, State(3));
        Assert.False(Directory.Exists(leftover));
    }

    [Fact]
    public void Pruning_keeps_the_newest_and_the_best()
    {
        using var scratch = new Scratch();
        var store = Store(scratch, 1, 2, 3, 4, 5);
        store.Prune(keepLast: 2, bestStep: 2);
        Assert.Equal([5L, 4, 2], store.List().Select(c => c.Step));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_gives_a_sentence()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch.At("file"), "in the way");
        var store = new CheckpointStore(scratch.At("file/checkpoints"));
        var error = Assert.Throws<CheckpointException>(() => store.Save(Weights, Moments, State(1)));
        Assert.Contains("could not be written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_background_write_sees_the_values_of_the_moment_and_tells_its_failure_later()
    {
        using var scratch = new Scratch();
        var values = new float[] { 1, 2 };
        var written = new List<long>();
        using (var writer = new BackgroundCheckpointer(new CheckpointStore(scratch.At("c")), (step, _) => written.Add(step)))
        {
            writer.Submit([new("a", [2], values)], [], State(1), 2, null);
            writer.AwaitCopied();
            values[0] = 99;
            writer.Flush();
        }

        var back = new float[2];
        new CheckpointStore(scratch.At("c")).NewestValid(Assert.Fail)!.LoadWeights([new("a", [2], back)]);
        Assert.Equal([1f, 2], back);
        Assert.Equal([1L], written);

        File.WriteAllText(scratch.At("file"), "in the way");
        using var failing = new BackgroundCheckpointer(new CheckpointStore(scratch.At("file/c")), (_, _) => { });
        failing.Submit([], [], State(1), 2, null);
        failing.AwaitCopied(); // returns whatever becomes of the write
        Assert.Throws<CheckpointException>(failing.Flush);
    }
}
