using CsCheck;
using DyT.Config;
using DyT.Model;
using DyT.Training.Sharding;

namespace DyT.Training.Tests.Sharding;

public sealed class BlocksNeededTests
{
    [Fact]
    public void At_every_mark_all_blocks_are_there_that_hold_a_weight_read_so_far_and_no_more_than_those_before_them() =>
        (from layers in Gen.Int[1, 4] from tied in Gen.Bool from blocks in Gen.Int[1, 40] select (layers, tied, blocks)).Sample(t =>
        {
            var model = new ModelConfig { Layers = t.layers, Heads = 2, DModel = 16, Block = 8, TiedEmbeddings = t.tied, Position = PositionKind.Learned };
            var layout = FlatLayout.Of(GptParameters.Table(model, 40));
            var marks = GradientMarks.Of(model, layout);
            var blocks = new PieceLayout(layout.Length, 2, 0, t.blocks).Blocks;
            var needed = BlocksNeeded.By(blocks, layout, marks);
            Assert.Equal(marks.End + 1, needed.Length);
            for (var mark = 0; mark <= marks.End; mark++)
            {
                // By the definition, element by element: the last one that is read at this mark stands in the last block that is needed.
                var last = layout.Entries.Zip(marks.OfEntries).Where(e => e.Second == mark).Max(e => e.First.Offset + e.First.Length) - 1;
                Assert.InRange(last, blocks[needed[mark] - 1].Start, blocks[needed[mark] - 1].End - 1);
            }
        });

    [Fact]
    public void Only_the_first_blocks_are_needed_before_forward_begins()
    {
        var model = new ModelConfig { Layers = 6, Heads = 2, DModel = 64, Block = 8, TiedEmbeddings = true, Position = PositionKind.Learned };
        var layout = FlatLayout.Of(GptParameters.Table(model, 40));
        var marks = GradientMarks.Of(model, layout);
        var blocks = new PieceLayout(layout.Length, 2, 0).Blocks;
        var needed = BlocksNeeded.By(blocks, layout, marks);
        Assert.Equal(1, needed[marks.End]);
        Assert.True(needed[GradientMarks.Attention(0, 6)] < blocks.Count / 2);
        Assert.Equal(blocks.Count, needed[GradientMarks.Head]);
    }
}
