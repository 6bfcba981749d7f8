using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Data;
using DyT.Training.Runs;
using DyT.Training.Session;
using DyT.Training.Translation;

namespace DyT.Training.Tests.Session;

/// <summary>Sessions of a network that learns from pairs of texts.</summary>
public sealed class TranslationSessionTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public TranslationSessionTests()
    {
        // Numbers of one to four digits, and the same in words of another alphabet.
        var random = new Random(3);
        File.WriteAllLines(_scratch.At("pairs.tsv"), Enumerable.Range(0, 600).Select(_ =>
        {
            var digits = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => (char)('0' + random.Next(6))));
            return $"{digits}\t{string.Concat(digits.Select(d => (char)(d - '0' + 'a')))}";
        }));
    }

    private string Settings => $"model.arch=seq2seq data.source={_scratch.At("pairs.tsv")} data.pairs.bucket=2 train.label_smoothing=0.1 model.position=sinusoidal model.embedding_scale=true";

    [Theory]
    [InlineData(2, "fp32")]
    [InlineData(3, "fp32")]
    [InlineData(3, "bf16")]
    public void Any_number_of_workers_ends_with_the_same_weights(int workers, string products)
    {
        var settings = $"{Settings} model.dropout=0 train.products={products}";
        var expected = TestRun.Straight(settings);
        using var run = new TestRun(settings, workers);
        using var members = new Members(run, workers);
        ShardRange[] ranges = workers == 2 ? [new(0, 3), new(3, 4)] : [new(0, 1), new(1, 2), new(2, 4)];
        Assert.All(members.Run(members.Plan(1, ranges)), r => Assert.Equal(RunOutcome.Finished, Assert.IsType<SessionEnd>(r).Outcome));
        Assert.Equal(expected, run.WeightsHash);
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), run.Steps.Select(s => s.Step));
    }

    [Fact]
    public void Stopped_and_resumed_it_ends_with_the_same_weights()
    {
        var expected = TestRun.Straight(Settings);
        using var run = new TestRun(Settings);
        Assert.Equal(RunOutcome.Stopped, run.RunUntilAfter(5).Outcome);

        using (var session = run.Open())
            run.Run(session);
        Assert.Equal(expected, run.WeightsHash);
    }

    [Fact]
    public void It_learns_to_translate_what_it_has_not_seen()
    {
        using var run = new TestRun(Settings + " train.steps=500 model.d_model=32 model.dropout=0 train.global_batch=32 train.micro_batch=16 optimizer.lr=0.004 train.eval_every=0 model.site.kind=layernorm model.tied_embeddings=false");
        using (var session = run.Open())
            run.Run(session);
        Assert.True(run.Steps[^1].ValScores!["accuracy"] > 0.95, $"{run.Steps[^1].ValScores!["accuracy"]} of the tokens are right");

        using var trained = run.OpenTrained();
        using var held = PairData.Open(run.Config, _ => { });
        foreach (var beams in new[] { 1, 3 })
        {
            var translator = new Translator(trained, beams, 1, batch: 5);
            Assert.Equal(["bad", "", "cafe"], translator.Translate(["103", " ", "2054"]));
            var score = TranslationScore.Of(translator, held.Prepared.ReadTest());
            Assert.True(score.Chrf > 90, $"chrF {score.Chrf} of {score.Segments}");
        }

        var error = Assert.Throws<UserErrorException>(() => new Translator(trained, 1, 1, 8).Translate(["1", new string('1', 16)]));
        Assert.Contains("line 2 has 17 tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_hold_what_their_pairs_say_between_marks()
    {
        using var run = new TestRun(Settings);
        using var data = PairData.Open(run.Config, _ => { });
        using var scope = TorchSharp.torch.NewDisposeScope();
        var vocabulary = data.Vocabulary;
        ulong sum = 0;
        for (var microShard = 0; microShard < 4; microShard++)
        {
            var batch = Assert.IsType<PairBatch>(data.Training(3, microShard, out var digest));
            sum = unchecked(sum + digest);
            Assert.Equal(batch.Source.shape, batch.Targets.shape);
            for (var row = 0; row < 2; row++)
            {
                List<int> Tokens(TorchSharp.torch.Tensor t, int count) => [.. t[row].data<long>().Take(count).Select(v => (int)v)];
                var (source, targets, inputs) = (Tokens(batch.Source, batch.SourceLengths[row]), Tokens(batch.Targets, batch.TargetLengths[row]), Tokens(batch.Inputs, batch.TargetLengths[row]));
                Assert.Equal((vocabulary.SourceEnd, vocabulary.End, vocabulary.Begin), (source[^1], targets[^1], inputs[0]));
                targets.RemoveAt(targets.Count - 1);
                Assert.Equal(targets, inputs.Skip(1));
                Assert.Equal(string.Concat(vocabulary.Source.Decode([.. source.SkipLast(1)]).Select(d => (char)(d - '0' + 'a'))), vocabulary.Target.Decode([.. targets]));
            }
        }

        Assert.Equal(sum, data.ExpectedDigest(3));
    }

    [Fact]
    public void A_vocabulary_is_loaded_as_it_was_saved()
    {
        foreach (var shared in new[] { "true", "false" })
        {
            using var run = new TestRun($"{Settings} data.pairs.shared_vocabulary={shared}");
            using var data = PairData.Open(run.Config, _ => { });
            data.Vocabulary.Save(_scratch.At("vocabulary-" + shared));
            var loaded = RunVocabulary.Load(run.Config.Model, _scratch.At("vocabulary-" + shared));
            Assert.Equal((data.Vocabulary.Shape, data.Vocabulary.Hash), (loaded.Shape, loaded.Hash));
        }

        File.WriteAllText(Path.Combine(_scratch.At("vocabulary-true"), "dyt-pairs.json"), "{}");
        Assert.Contains("dyt-pairs.json", Assert.Throws<UserErrorException>(() => RunVocabulary.Load(new ModelConfig { Arch = ArchKind.Seq2seq }, _scratch.At("vocabulary-true"))).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _scratch.Dispose();
}
