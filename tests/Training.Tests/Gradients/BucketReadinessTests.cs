using CsCheck;
using DyT.Config;
using DyT.Model;
using DyT.Training.Gradients;

namespace DyT.Training.Tests.Gradients;

public sealed class BucketReadinessTests
{
    private static (FlatLayout Layout, GradientMarks Marks) Gpt(bool tied, int layers = 2)
    {
        var model = new ModelConfig { Layers = layers, Heads = 2, DModel = 16, Block = 8, TiedEmbeddings = tied, Position = PositionKind.Learned };
        var layout = FlatLayout.Of(GptParameters.Table(model, 40));
        return (layout, GradientMarks.Of(model, layout));
    }

    [Fact]
    public void One_bucket_per_part_of_the_model_is_ready_with_that_part()
    {
        var (layout, marks) = Gpt(tied: false);
        string[] firsts =
        [
            "model.norm.alpha", "model.layers.1.post_attention_layernorm.alpha", "model.layers.1.input_layernorm.alpha",
            "model.layers.0.post_attention_layernorm.alpha", "model.layers.0.input_layernorm.alpha", "model.embed_tokens.weight",
        ];
        var starts = firsts.Select(name => layout[name].Offset).ToArray();
        var buckets = starts.Select((start, i) => (start, (i == 0 ? layout.Length : starts[i - 1]) - start)).ToArray();
        Assert.Equal([1, 2, 3, 4, 5], BucketReadiness.After(buckets, layout, marks)); // the embedding's only when backward is over
    }

    [Fact]
    public void A_bucket_that_reaches_into_an_earlier_part_waits_for_it()
    {
        var (layout, marks) = Gpt(tied: true);
        var block1 = layout["model.layers.1.input_layernorm.alpha"].Offset;
        (int, int)[] buckets = [(block1, layout.Length - block1), (block1 - 16, 16), (0, block1 - 16)];
        Assert.Equal([0, 0, 1, 2, 2], BucketReadiness.After(buckets, layout, marks));
    }

    [Fact]
    public void A_ready_bucket_waits_for_those_before_it()
    {
        var (layout, marks) = Gpt(tied: true);
        var head = layout["model.norm.alpha"].Offset;
        (int, int)[] buckets = [(0, head), (head, layout.Length - head)];
        Assert.Equal([0, 0, 0, 0, 0], BucketReadiness.After(buckets, layout, marks));
    }

    [Fact]
    public void No_allowed_bucket_holds_an_element_that_is_not_final() =>
        (from layers in Gen.Int[1, 4] from tied in Gen.Bool from size in Gen.Int[1, 3000] select (layers, tied, size)).Sample(t =>
        {
            var (layout, marks) = Gpt(t.tied, t.layers);
            var buckets = Buckets.Of(layout.Length, t.size);
            var ready = BucketReadiness.After(buckets, layout, marks);
            Assert.Equal(marks.End, ready.Length);
            for (var mark = 0; mark < marks.End; mark++)
            {
                Assert.True(mark == 0 || ready[mark] >= ready[mark - 1]);
                // By its definition, element by element: the first element that is not final stands outside all allowed buckets.
                var isFinal = new bool[layout.Length];
                Array.Fill(isFinal, true);
                for (var i = 0; i < layout.Entries.Count; i++)
                    Array.Fill(isFinal, marks.OfEntries[i] <= mark, layout.Entries[i].Offset, layout.Entries[i].Length);
                var expected = buckets.TakeWhile(b => isFinal.AsSpan(b.Start, b.Count).IndexOf(false) < 0).Count();
                Assert.Equal(expected, ready[mark]);
            }
        });
}
